/** Of texts that a server writes as it likes, no more than this. */
const LONGEST = 200;

/** What keeps a connection from being encrypted, in an operator's words; undefined for every other error. */
export function describeTlsProblem(error: Error): string | undefined {
  // An answer to a statement, whatever it says: the connection was there.
  if ('driverError' in error) return undefined;
  const message = error.message.slice(0, LONGEST);
  if (/does not support (?:secure|SSL) connection/.test(message)) {
    return 'the server does not encrypt connections, and its URL asks for that (ssl)';
  }
  if (/does not match certificate's altnames/.test(message)) {
    return `the certificate of the server is not for the host in its URL (${message})`;
  }
  if (/certificate/i.test(message)) {
    return (
      `the certificate of the server is not trusted (${message}); ` +
      "let ssl_ca in its URL, or NODE_EXTRA_CA_CERTS, name a file with its authority's certificate"
    );
  }
  return undefined;
}
