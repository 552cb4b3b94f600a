import { parseDatabaseUrl } from './database-url.js';

/** Which database a URL names, without user, password and options. */
export function describeDatabase(url: string): string {
  const target = parseDatabaseUrl(url);
  return target.dialect === 'sqlite'
    ? `sqlite:///${target.file}`
    : `${target.dialect}://${target.host}:${target.port}/${target.database}`;
}
