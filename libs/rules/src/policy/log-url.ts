/** Longer addresses are no addresses of logs. */
const LONGEST = 2048;

/**
 * The address of a build's log as it may be published, or nothing. Whoever opens a reference artifact is redirected
 * there, so it must be a plain web address of a named host, and the host one that logs are expected on.
 *
 * @param hosts `logs.example.com`, `*.example.com` (also the domain itself) or `*` (any host with a dot in its name), each for https; with `http://` before it also for http
 */
export function publishableLogUrl(text: string | null, hosts: readonly string[]): string | undefined {
  if (text === null || text.length > LONGEST || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  if (url.username !== '' || url.password !== '' || isAddress(url.hostname)) return undefined;
  const host = url.hostname.replace(/\.$/, '');
  const isExpected = hosts.some((entry) => {
    const [, scheme, pattern] = /^(?:(https?):\/\/)?(.*)$/.exec(entry.toLowerCase())!;
    return (url.protocol === 'https:' || scheme === 'http') && isHost(host, pattern!);
  });
  return isExpected ? url.href : undefined;
}

/** The parser has already turned every way of writing an IPv4 address into the dotted one. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
}

function isHost(host: string, pattern: string): boolean {
  if (pattern === '*') return host.includes('.');
  if (pattern.startsWith('*.')) return host === pattern.slice(2) || host.endsWith(pattern.slice(1));
  return host === pattern;
}
