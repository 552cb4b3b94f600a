import { startFrugally } from '@bbb/footprint';

await startFrugally(() => import('./start.js'));
