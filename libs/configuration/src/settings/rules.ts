import { createChoice } from '../kinds.js';
import type { Settings } from '../setting.js';

// How the result of a build is reported.

export const results: Settings['results'] = {
  warnings: {
    keys: ['results.warnings'],
    kind: createChoice('failed', 'completed'),
    default: 'failed',
    doc: 'How to report a build that ends with WARNINGS.',
  },
  exception: {
    keys: ['results.exception'],
    kind: createChoice('malformed-payload', 'internal-error'),
    default: 'malformed-payload',
    doc: 'Reason with which to report a build that ends with EXCEPTION.',
  },
};
