import { runEntry } from '@bbb/entry';

await runEntry(() => import('./start.js'));
