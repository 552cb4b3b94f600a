/** Maximum characters that are repeated of a server's text. */
const LONGEST = 200;

/** Describes for an operator why a connection cannot be encrypted; undefined for every other error. */
export function describeTlsProblem(error: Error): string | undefined {
  // The error is the answer to a statement, so the connection was open.
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
