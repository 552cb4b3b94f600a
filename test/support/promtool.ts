import { spawnSync } from 'node:child_process';
import { it } from '@jest/globals';

/** A test that needs Prometheus' promtool; counted as skipped where it is not installed. */
export const itWithPromtool = spawnSync('promtool', ['--version']).error === undefined ? it : it.skip;
