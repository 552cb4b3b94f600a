import type { Settings } from '../setting.js';
import { artifacts } from './artifacts.js';
import { buildbot, builders, selfServe } from './buildbot.js';
import { bridgeDb, journal, schedulerDb } from './databases.js';
import { http, log, page, shutdown } from './process.js';
import { pulse } from './pulse.js';
import { parking, reflector } from './reflector.js';
import { results } from './rules.js';
import { taskcluster } from './taskcluster.js';

/**
 * All settings, in the shape of the configuration. The documentation and `.env.example` are generated from this table.
 * JSON keys without a section, and those of the original bridge, are a public interface.
 */
export const SETTINGS: Settings = {
  taskcluster,
  buildbot,
  schedulerDb,
  bridgeDb,
  pulse,
  selfServe,
  builders,
  results,
  artifacts,
  reflector,
  parking,
  journal,
  page,
  http,
  shutdown,
  log,
};
