import type { ServiceName } from '@bbb/configuration';
import type { Instance } from '../instance.js';

/** Faults that follow a course of their own, in place of the random ones. */
export interface Course {
  /** Reads the configuration that an instance has in place of the common one. */
  configure(instance: { service: ServiceName; number: number }, common: object): object;
  /** Makes the faults happen for so many seconds. */
  run(instances: readonly Instance[], seconds: number): Promise<void>;
  stop(): Promise<void>;
}
