import { parseDatabaseUrl } from './database-url.js';

/** Describes the database of a URL without user, password and options. */
export function describeDatabase(url: string): string {
  const target = parseDatabaseUrl(url);
  return target.dialect === 'sqlite'
    ? `sqlite:///${target.file}`
    : `${target.dialect}://${target.host}:${target.port}/${target.database}`;
}
