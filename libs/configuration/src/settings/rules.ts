import { oneOf } from '../kinds.js';
import type { Settings } from '../setting.js';

// What a build makes of its task.

export const results: Settings['results'] = {
  warnings: {
    keys: ['results.warnings'],
    kind: oneOf('failed', 'completed'),
    default: 'failed',
    doc: 'What a build with warnings makes of its task.',
  },
  exception: {
    keys: ['results.exception'],
    kind: oneOf('malformed-payload', 'internal-error'),
    default: 'malformed-payload',
    doc: 'Reason under which a build with an exception is reported.',
  },
};
