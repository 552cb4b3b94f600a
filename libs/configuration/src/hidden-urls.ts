import { parseDatabaseUrl } from '@bbb/sql';

/** The address and user of a database, without any other part of its URL, which may be secret. */
export function hideDatabasePassword(url: string): string {
  const target = parseDatabaseUrl(url);
  if (target.dialect === 'sqlite') return `sqlite:///${target.file}`;
  const { dialect, host, port, user, database, tls } = target;
  const account = user === '' ? '' : `${user}@`;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${dialect}://${account}${name}:${port}/${database}${tls ? ' (TLS)' : ''}`;
}

/** A web address without its account and query; the path of a file is returned unchanged. */
export function hideWebSecrets(address: string): string {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(address) || !URL.canParse(address)) return address;
  const url = new URL(address);
  const account = url.username + url.password === '' ? '' : '***@';
  const query = url.search === '' ? '' : '?***';
  return `${url.protocol}//${account}${url.host}${url.pathname}${query}`;
}
