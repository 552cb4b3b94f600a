import { createHash } from 'node:crypto';
import type { JsonValue } from '@bbb/rules';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Self Serve speaks JSON to those who ask for it, and HTML to everybody else. */
export function answer(status: number, body: JsonValue, asJson: boolean): Answer {
  const text = JSON.stringify(body);
  if (asJson) return { status, headers: { 'Content-Type': 'application/json' }, body: text };
  return html(status, text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
}

export function failed(status: number, msg: string, asJson: boolean): Answer {
  return answer(status, { status: 'FAILED', msg }, asJson);
}

export function html(status: number, content: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/html' },
    body: `<html><body>${content}</body></html>`,
  };
}

export function redirect(status: 301 | 302, location: string): Answer {
  return { status, headers: { 'Content-Type': 'text/html', Location: location }, body: '' };
}

/** A file as a static web server gives it out. */
export function file(content: string, known: string | undefined): Answer {
  const etag = `"${createHash('sha1').update(content).digest('hex')}"`;
  if (known === etag) return { status: 304, headers: { ETag: etag }, body: '' };
  return { status: 200, headers: { 'Content-Type': 'application/json', ETag: etag }, body: content };
}
