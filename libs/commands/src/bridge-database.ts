import { Logger } from '@nestjs/common';
import { BridgeDb, findPendingMigrations, refuseNewerSchema, withDataSource } from '@bbb/bridge-db';
import { findDatabaseInsecurities, loadBridgeDbUrl } from '@bbb/configuration';
import { Unavailable } from '@bbb/rules';
import type { CommandContext } from './command-definition.js';

/**
 * The URL of the bridge database, from the configuration of the services. Prints to standard error what makes the
 * connection insecure, and the warnings that the libraries log.
 *
 * @throws ConfigurationError when it is missing or cannot be used
 */
export function readBridgeDbUrl(context: CommandContext): string {
  const { config } = context.globals;
  const url = loadBridgeDbUrl(config === undefined ? {} : { file: config });
  for (const warning of findDatabaseInsecurities(url, 'bbb_db')) context.output.printNote(warning);
  printLibraryLogs(context);
  return url;
}

/**
 * Works on the existing bridge database: no SQLite file is created, and nothing is migrated.
 *
 * @throws Invalid when the URL or its SQLite file is wrong
 * @throws MigrationsPending when the database has to be migrated
 * @throws Unavailable when the database cannot be reached
 */
export async function withBridgeDb<T>(
  context: CommandContext,
  work: (db: BridgeDb) => Promise<T>,
): Promise<T> {
  const url = readBridgeDbUrl(context);
  // BridgeDb would create a SQLite file, and migrate it, as the services do.
  const pending = await withDataSource({ url, asFound: true }, async (source) => {
    await refuseNewerSchema(source);
    return findPendingMigrations(source);
  });
  if (pending) throw pending;
  const db = new BridgeDb({ url, poolSize: 2, connectTimeout: 10 });
  try {
    await db.open();
    const problem = await db.findProblem();
    if (problem !== undefined) throw new Unavailable('bridge-db', problem);
    return await work(db);
  } finally {
    await db.close();
  }
}

/** Prints the warnings that the libraries log, with --verbose everything. */
export function printLibraryLogs({ output, globals }: CommandContext): void {
  const print = (first: unknown, text?: unknown) => output.printNote(formatLog(first, text));
  const silence = () => undefined;
  Logger.overrideLogger({
    log: globals.verbose ? print : silence,
    warn: globals.quiet ? silence : print,
    error: print,
  });
}

/** Formats a log call of the libraries: fields with a constant text, or a text alone. The name of the logger comes last. */
function formatLog(first: unknown, text: unknown): string {
  if (typeof first !== 'object' || first === null) return String(first);
  const fields = Object.entries(first).map(([name, value]) => `${name} ${String(value)}`);
  return `${String(text)} (${fields.join(', ')})`;
}
