import { isAbsolute, resolve } from 'node:path';
import { Invalid } from '@bbb/rules';
import { readTlsSettings, type TlsSettings } from './tls.js';

export type Dialect = 'sqlite' | 'mysql' | 'postgres';

/** Where a database is. MariaDB counts as mysql. */
export type DatabaseTarget =
  | { dialect: 'sqlite'; file: string }
  | (TlsSettings & {
      dialect: 'mysql' | 'postgres';
      host: string;
      port: number;
      user: string;
      password: string;
      database: string;
    });

const NETWORKED: Record<string, { dialect: 'mysql' | 'postgres'; port: number }> = {
  mysql: { dialect: 'mysql', port: 3306 },
  mariadb: { dialect: 'mysql', port: 3306 },
  postgresql: { dialect: 'postgres', port: 5432 },
  postgres: { dialect: 'postgres', port: 5432 },
};

const FORMS =
  'sqlite:///relative/file, sqlite:////absolute/file, mysql://user:password@host:port/database or ' +
  'postgresql://user:password@host:port/database, with special characters of the password percent-encoded';

/**
 * Reads a database URL in SQLAlchemy's form: `sqlite:///relative/file`, `sqlite:////absolute/file`,
 * `mysql://user:password@host/name`, `postgresql://...`; a driver suffix (`mysql+mysqldb`) is accepted and ignored.
 * Relative SQLite files are below the working directory.
 *
 * @throws Invalid when the form of the URL is not supported; the message never quotes the URL, which may contain a password
 */
export function parseDatabaseUrl(url: string): DatabaseTarget {
  const scheme = /^([a-z]+)(?:\+[a-z0-9_]+)?:\/\//i.exec(url);
  const kind = scheme?.[1]?.toLowerCase() ?? '';
  const rest = url.slice(scheme?.[0].length ?? 0);
  if (kind === 'sqlite') return parseSqliteTarget(rest);
  const network = Object.hasOwn(NETWORKED, kind) ? NETWORKED[kind] : undefined;
  if (!network) throw new Invalid(`must be a database URL: ${FORMS}`);
  if (/^[^/?#]*\/[^?#]*@/.test(rest)) {
    throw new Invalid(
      'the database URL has an @ after its first /: write a / of the user or password as %2F, an @ of the name as %40',
    );
  }
  const parsed = parseNetworkUrl(rest);
  const database = decodePart(parsed?.pathname.replace(/^\//, '') ?? '');
  if (!parsed?.hostname || database === '') {
    throw new Invalid(`must be a database URL that names host and database: ${FORMS}`);
  }
  return {
    dialect: network.dialect,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port ? Number(parsed.port) : network.port,
    user: decodePart(parsed.username),
    password: decodePart(parsed.password),
    database,
    ...readTlsSettings(parsed.searchParams),
  };
}

function parseSqliteTarget(rest: string): DatabaseTarget {
  const file = decodePart(rest.replace(/^\//, '').split('?', 1)[0]!);
  if (!rest.startsWith('/') || file === '' || file === ':memory:') {
    throw new Invalid(
      'must be a database URL that names a file: sqlite:///relative/file or sqlite:////absolute/file',
    );
  }
  return { dialect: 'sqlite', file: isAbsolute(file) ? file : resolve(file) };
}

/** Parses the URL under a scheme that has no default port, so that no port is dropped. */
function parseNetworkUrl(rest: string): URL | undefined {
  try {
    return new URL(`db://${rest}`);
  } catch {
    return undefined;
  }
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Invalid('a % in a database URL that begins no percent-encoding is written %25');
  }
}
