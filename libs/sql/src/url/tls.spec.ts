import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { nameSetting, createDataSourceOptions, parseDatabaseUrl } from '../index.js';

const PEM = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';

const folder = mkdtempSync(join(tmpdir(), 'bbb-test-'));
const ca = join(folder, 'c a&b.pem');
writeFileSync(ca, PEM);
afterAll(() => rmSync(folder, { recursive: true }));

function readSsl(url: string): unknown {
  return (
    createDataSourceOptions(parseDatabaseUrl(url), { poolSize: 2, connectTimeout: 5 }) as { ssl?: unknown }
  ).ssl;
}

const VERIFIED = { rejectUnauthorized: true };

describe('the URL of a database', () => {
  it.each([
    ['', undefined],
    ['?charset=utf8', undefined],
    ['?ssl=false', undefined],
    ['?ssl=', undefined],
    ['?sslmode=disable', undefined],
    ['?ssl=true', VERIFIED],
    ['?ssl=YES', VERIFIED],
    ['?sslmode=verify-full', VERIFIED],
    ['?ssl=true&ssl_insecure=false', VERIFIED],
    [`?ssl_ca=${encodeURIComponent(ca)}`, { ...VERIFIED, ca: PEM }],
    [`?ssl=true&sslrootcert=${encodeURIComponent(ca)}`, { ...VERIFIED, ca: PEM }],
    ['?ssl_insecure=true', { rejectUnauthorized: false }],
    ['?ssl=true&ssl_insecure=true', { rejectUnauthorized: false }],
  ])('with "%s" becomes options of the driver', (query, ssl) => {
    expect(readSsl(`postgresql://u:p@h/b${query}`)).toEqual(ssl);
    const verifies = ssl?.rejectUnauthorized;
    expect(readSsl(`mysql://u:p@h/b${query}`)).toEqual(verifies ? { ...ssl, verifyIdentity: true } : ssl);
  });

  it.each([
    ['?tls=true', /no option tls:/],
    ['?ssl_cert=x', /no option ssl_cert:/],
    ['?SSL=true', /no option SSL:/],
    ['?ssl-mode=REQUIRED', /no option ssl-mode:/],
    ['?ssl=maybe', /option ssl .* true or false/],
    ['?sslmode=prefer', /option sslmode .* true or false/],
    ['?ssl_insecure=of course', /option ssl_insecure .* true or false/],
    [`?${'ssl'.repeat(1000)}=secret`, /^.{1,200}$/],
  ])('is rejected with the unknown option "%s"', (query, message) => {
    for (const kind of ['mysql', 'postgresql']) {
      expect(() => parseDatabaseUrl(`${kind}://u:secret@h/b${query}`)).toThrow(message);
      expect(() => parseDatabaseUrl(`${kind}://u:secret@h/b${query}`)).not.toThrow(/secret/);
    }
  });

  it.each([
    ['does not exist', join(folder, 'missing.pem'), /ENOENT/],
    ['is none', folder, /EISDIR/],
    ['holds no certificate', join(import.meta.dirname, 'setting-error.ts'), /no certificate in PEM form/],
  ])('is refused when the file of authorities %s', (_what, file, message) => {
    expect(() => readSsl(`mysql://u:p@h/b?ssl_ca=${file}`)).toThrow(message);
    expect(() => readSsl(`mysql://u:p@h/b?ssl_ca=${file}`)).toThrow(/ssl_ca/);
  });

  it('takes a relative file from the working directory', () => {
    expect(parseDatabaseUrl('mysql://u@h/b?ssl_ca=ca.pem')).toMatchObject({
      tls: true,
      caFile: join(process.cwd(), 'ca.pem'),
    });
  });

  it.each(['127.0.0.1', '[::1]', '[2001:db8::1]'])('is refused with TLS to MySQL at %s', (host) => {
    expect(() => readSsl(`mysql://u:p@${host}/b?ssl=true`)).toThrow(/name for the host/);
    expect(readSsl(`mysql://u:p@${host}/b?ssl_insecure=true`)).toEqual({ rejectUnauthorized: false });
    expect(readSsl(`postgresql://u:p@${host}/b?ssl=true`)).toEqual(VERIFIED);
  });

  it('is named by its setting in the error that keeps a service from starting', () => {
    const read = () => nameSetting('bbb_db', () => parseDatabaseUrl('mysql://u:p@h/b?tls=1'));
    expect(read).toThrow(
      expect.objectContaining({ name: 'Invalid', message: expect.stringMatching(/^bbb_db: /) }),
    );
    const other = new TypeError('something else');
    const fail = () => {
      throw other;
    };
    expect(() => nameSetting('bbb_db', fail)).toThrow(other);
  });
});
