import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { Invalid } from '@bbb/rules';

/** The encryption settings of a database URL. */
export interface TlsSettings {
  /** `?ssl=true` or `?sslmode=require`; the other options imply it. */
  tls: boolean;
  /** `?ssl_insecure=true`: certificates are not verified. */
  insecureTls: boolean;
  /** `?ssl_ca=FILE` or `?sslrootcert=FILE`: the only authorities that are trusted; those of Node.js otherwise. */
  caFile?: string;
}

/** Values that enable an option, the same for every option; those of sslmode are libpq's. */
const YES = ['true', '1', 'yes', 'require', 'verify-ca', 'verify-full'];
const NO = ['', 'false', '0', 'no', 'disable'];

const FLAGS = ['ssl', 'sslmode', 'ssl_insecure'];
const FILES = ['ssl_ca', 'sslrootcert'];

/**
 * Reads the options of a database URL that concern encryption, and ignores all others.
 *
 * @throws Invalid for an unknown option that concerns encryption, so that no operator relies on it in vain
 */
export function readTlsSettings(options: URLSearchParams): TlsSettings {
  for (const [name, value] of options) {
    if (!/^(?:ssl|tls)/i.test(name) || FILES.includes(name)) continue;
    if (!FLAGS.includes(name)) {
      throw new Invalid(
        `a database URL knows no option ${name.slice(0, 40)}: encryption is enabled with ssl=true, ssl_ca=FILE and ` +
          'ssl_insecure=true',
      );
    }
    if (![...YES, ...NO].includes(value.toLowerCase())) {
      throw new Invalid(`the option ${name} of a database URL is true or false`);
    }
  }
  const isSet = (name: string) => YES.includes((options.get(name) ?? '').toLowerCase());
  const caFile = FILES.map((name) => options.get(name) ?? '').find((file) => file !== '');
  const insecureTls = isSet('ssl_insecure');
  return {
    tls: insecureTls || caFile !== undefined || isSet('ssl') || isSet('sslmode'),
    insecureTls,
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
  };
}

/**
 * Converts the settings to driver options; empty without TLS. The server's certificate must be issued by a trusted authority
 * and name this host.
 *
 * @throws Invalid when the file of authorities cannot be read or holds no certificate, or the driver could not verify
 *   the certificate
 */
export function createTlsOptions({
  dialect,
  host,
  tls,
  insecureTls,
  caFile,
}: TlsSettings & { dialect: 'mysql' | 'postgres'; host: string }) {
  if (!tls) return {};
  if (insecureTls) return { ssl: { rejectUnauthorized: false } };
  const verified = {
    rejectUnauthorized: true,
    ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }),
  };
  if (dialect === 'postgres') return { ssl: verified };
  // For an IP address the driver would accept a certificate of "localhost".
  if (isIP(host) !== 0) {
    throw new Invalid(
      'TLS to MySQL needs a name for the host in the URL: the driver cannot verify a certificate for an address in numbers',
    );
  }
  return { ssl: { ...verified, verifyIdentity: true } };
}

function readAuthorities(file: string): string {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new Invalid(
      `the file that ssl_ca names cannot be read (${code}); correct the path or its rights: ${file}`,
    );
  }
  if (content.includes('-----BEGIN CERTIFICATE-----')) return content;
  throw new Invalid(`the file that ssl_ca names holds no certificate in PEM form: ${file}`);
}
