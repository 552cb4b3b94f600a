import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files in PEM form: an authority nobody knows, and a server's key with a certificate of that authority. */
export interface Certificates {
  ca: string;
  key: string;
  cert: string;
}

/** Makes them in a folder, for a server that is reached by this name and no other. */
export async function makeCertificates(folder: string, name = 'localhost'): Promise<Certificates> {
  const file = (base: string) => join(folder, base);
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args);
  const newKey = ['-newkey', 'rsa:2048', '-nodes', '-subj'];
  await openssl(
    ...['req', '-x509', ...newKey, '/CN=test authority', '-keyout', file('ca.key'), '-out', file('ca.pem')],
  );
  await openssl(...['req', ...newKey, `/CN=${name}`, '-keyout', file('key.pem'), '-out', file('csr.pem')]);
  await writeFile(file('names'), `subjectAltName=DNS:${name}`);
  await openssl(
    ...['x509', '-req', '-in', file('csr.pem'), '-CA', file('ca.pem'), '-CAkey', file('ca.key')],
    ...['-CAcreateserial', '-extfile', file('names'), '-out', file('cert.pem')],
  );
  return { ca: file('ca.pem'), key: file('key.pem'), cert: file('cert.pem') };
}
