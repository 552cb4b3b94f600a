export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a process has to know before it can load anything else. */
export interface ProcessSettings {
  /** Name of the service, in every line of its log. */
  service: string;
  /** Where health and metrics are served; port 0 is a free one. */
  http: { host: string; port: number };
  /** Maximum seconds for a graceful shutdown. */
  shutdown: { grace: number };
  /** Without a file, standard output. */
  log: { file?: string; level: LogLevel };
  /** Texts that must appear in no output. */
  secrets: readonly string[];
  /** How an operator sets what may turn out to be unusable. */
  settingNames: { http: string; logFile: string };
}
