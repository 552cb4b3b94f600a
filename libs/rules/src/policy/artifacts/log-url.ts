/** Maximum characters of a log's URL. */
const MAX_LENGTH = 2048;

/** A URL as it may be published, or the rule that withholds it. */
export type LogUrlJudgement = { url: string; rule?: undefined } | { url?: undefined; rule: string };

/**
 * Judges the URL of a build's log. Opening a reference artifact redirects to it, so it must be a plain web URL on a host
 * that is expected to have logs. An IP address is expected only where an entry is that address.
 *
 * @param hosts `logs.example.com`, `*.example.com` (also the domain itself) or `*` (any host with a dot in its name), each for https; with `http://` before it also for http
 */
export function judgeLogUrl(text: string | null, hosts: readonly string[]): LogUrlJudgement {
  if (text === null) return { rule: 'no URL' };
  if (text.length > MAX_LENGTH) return { rule: `longer than ${MAX_LENGTH} characters` };
  if (!URL.canParse(text)) return { rule: 'not a URL' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { rule: 'scheme is not http or https' };
  if (url.username !== '' || url.password !== '') return { rule: 'contains a user or password' };
  const expected = hosts.map(readEntry).filter(({ pattern }) => isHost(url.hostname, pattern));
  if (expected.length === 0) {
    return { rule: `${isAddress(url.hostname) ? 'IP address' : 'host'} is not in artifacts.log_hosts` };
  }
  if (url.protocol === 'http:' && !expected.some(({ isForHttp }) => isForHttp)) {
    return { rule: 'host is in artifacts.log_hosts for https only' };
  }
  return { url: url.href };
}

function readEntry(entry: string): { pattern: string; isForHttp: boolean } {
  const pattern = entry.toLowerCase();
  const scheme = ['https://', 'http://'].find((prefix) => pattern.startsWith(prefix)) ?? '';
  return { pattern: pattern.slice(scheme.length), isForHttp: scheme === 'http://' };
}

/** The parser has already turned every way of writing an IPv4 address into the dotted one. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
}

function isHost(hostname: string, pattern: string): boolean {
  const host = hostname.replace(/\.$/, '');
  if (isAddress(hostname)) return host === pattern;
  if (pattern === '*') return host.includes('.');
  if (pattern.startsWith('*.')) return host === pattern.slice(2) || host.endsWith(pattern.slice(1));
  return host === pattern;
}
