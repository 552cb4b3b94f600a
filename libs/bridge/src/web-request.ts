/** A web address in the parts that `fetch` takes; it refuses an address with a user in it, and shows it in the error. */
export interface WebRequest {
  /** Without user and password. */
  url: string;
  /** The user and password as Basic authentication (RFC 7617); empty without. */
  headers: { authorization?: string };
}

/** @param address a URL, with a user and password before its host or without */
export function webRequest(address: string): WebRequest {
  const url = new URL(address);
  if (url.username === '' && url.password === '') return { url: address, headers: {} };
  const [user, password] = [url.username, url.password].map(decoded);
  url.username = '';
  url.password = '';
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  return { url: url.href, headers: { authorization: `Basic ${credentials}` } };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
