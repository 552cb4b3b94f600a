import { isRandom } from './random-text.js';

// Each expression takes linear time: it has a fixed length, or reads each character once.

/** Credentials with a recognizable prefix. */
const ANNOUNCED: readonly RegExp[] = [
  /-----BEGIN [A-Z]/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[A-Za-z0-9_-]{16}/,
  /\b(?:Bearer|Basic|Hawk)[ \t]{1,4}[A-Za-z0-9+/=_-]{16}/i,
];

/** Characters of base64 in both alphabets, of paths and of parameters. */
const RUNS = /[A-Za-z0-9_+/=-]+/g;

/** Shorter texts are not checked: a slug of Taskcluster has 22 characters, its access tokens 43 or 44. */
const SHORTEST = 32;

/** An id that Taskcluster gives to tasks and groups: a slug of a UUID of version 4. */
const SLUG = /^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$/;

/** Components of ordinary paths. */
const WORD = /^(?:[A-Z]?[a-z]*|[A-Z]*|\d*)$/;

/** Names of parameters in a URL whose values are credentials. */
const TELLING_PARAMETER = /token|secret|passw|signature|credential|api_?key|access_?key|bewit/i;

const LONGEST_PARAMETER_NAME = 64;
const SHORTEST_PARAMETER = 8;

/**
 * Whether a text looks like a credential, or contains one. It judges by form only: names of builders and files, hashes,
 * UUIDs and ids of tasks do not match, and neither does a short password. Takes linear time.
 */
export function looksSecret(text: string): boolean {
  return judgeSecret(text) || (text.includes('%') && judgeSecret(decodeAscii(text)));
}

function judgeSecret(text: string): boolean {
  return (
    ANNOUNCED.some((form) => form.test(text)) ||
    hasAccount(text) ||
    hasWebToken(text) ||
    hasTellingParameter(text) ||
    (text.match(RUNS) ?? []).some(hasRandomPart)
  );
}

/** Characters that URLs percent-encode within credentials are ASCII. */
function decodeAscii(text: string): string {
  return text.replace(/%[2-7][0-9A-F]/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16)));
}

/** Whether a text has a URL with a password, or a web URL with a user, which may be a token. `ssh://user@host` does not match. */
function hasAccount(text: string): boolean {
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    const account = readAuthority(text, start).split('@').slice(0, -1).join('@');
    if (/:./.test(account)) return true;
    if (account !== '' && /https?$/i.test(text.slice(Math.max(0, at - 5), at))) return true;
  }
  return false;
}

/** The text up to the next slash or space, so that no character is read twice. */
function readAuthority(text: string, start: number): string {
  let end = start;
  while (end < text.length && !/[\s/]/.test(text[end]!)) end++;
  return text.slice(start, end);
}

/** A JSON web token: two parts of JSON in base64 and a signature, divided by dots. */
function hasWebToken(text: string): boolean {
  const parts = text.split('.');
  return parts.some((part, index) => {
    const next = parts[index + 1];
    return (
      index + 2 < parts.length && /^eyJ[\w-]{8,}$/.test(next!) && /(?:^|[^A-Za-z0-9_])eyJ[\w-]{8}/.test(part)
    );
  });
}

function hasTellingParameter(text: string): boolean {
  return text.split(/[?&;#\s]/).some((parameter, index) => {
    const equals = parameter.indexOf('=');
    if (index === 0 || equals < 1 || equals > LONGEST_PARAMETER_NAME) return false;
    const isLong = parameter.length - equals > SHORTEST_PARAMETER;
    return isLong && TELLING_PARAMETER.test(parameter.slice(0, equals));
  });
}

/**
 * Whether a run of base64 characters has random text other than ids of tasks. A slash may divide a path or belong to
 * base64, so components are judged together, with and without those that are plain words.
 */
function hasRandomPart(run: string): boolean {
  if (run.length < SHORTEST) return false;
  return run.split('=').some((value) => {
    if (value.length < SHORTEST) return false;
    const components = value.split('/').filter((component) => !SLUG.test(component));
    const others = components.filter((component) => !WORD.test(component));
    return [components, others].some((kept) => {
      const joined = kept.join('/');
      return joined.length >= SHORTEST && isRandom(joined);
    });
  });
}
