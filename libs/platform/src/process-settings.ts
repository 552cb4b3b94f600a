export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The settings that a process needs before it loads anything else. */
export interface ProcessSettings {
  /** Name of the service, in every line of its log. */
  service: string;
  /** Address of health and metrics; port 0 selects a free one. */
  http: { host: string; port: number };
  /** Maximum seconds for a graceful shutdown. */
  shutdown: { grace: number };
  /** Without a file, standard output. */
  log: { file?: string; level: LogLevel };
  /** Texts that must not appear in any output. */
  secrets: readonly string[];
  /** The names under which an operator sets what may turn out to be unusable. */
  settingNames: { http: string; logFile: string };
}
