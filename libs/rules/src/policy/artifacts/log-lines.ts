import { looksSecret } from './secret-values.js';

/** Stands in place of a line that is not published. */
const LINE_WITHHELD = '[line withheld by the bridge]';

/** The first line of a log whose beginning is left out. */
const CUT = '[the beginning is left out]\n';

/** A name with a value, such as `TOKEN=x` or `"password": "x"`. Takes linear time: a name is short. */
const ASSIGNMENT = /([A-Za-z0-9_.-]{1,64})["']?[ \t]{0,4}[=:](?![=:])[ \t]{0,4}["']?[^ \t"']/g;

const KEY_BEGIN = /-----BEGIN [A-Z]/;
const KEY_END = /-----END [A-Z]/;

export interface LogRules {
  /** Whether the value of this name is withheld. */
  isTelling: (name: string) => boolean;
  /** Whether a text contains a secret of the bridge. */
  isOwn: (text: string) => boolean;
  withholdSecrets: boolean;
}

/** A log without the lines that may hold a credential. A key is withheld from its first line to its last. */
export function redactLines(text: string, rules: LogRules): string {
  let isInKey = false;
  return text
    .split('\n')
    .map((line) => {
      isInKey ||= KEY_BEGIN.test(line);
      const mayLeave = !isInKey && isHarmless(line, rules);
      if (KEY_END.test(line)) isInKey = false;
      return mayLeave ? line : LINE_WITHHELD;
    })
    .join('\n');
}

function isHarmless(line: string, { isTelling, isOwn, withholdSecrets }: LogRules): boolean {
  if (isOwn(line) || (withholdSecrets && looksSecret(line))) return false;
  return [...line.matchAll(ASSIGNMENT)].every(([, name]) => !isTelling(name!));
}

/** The end of a text, from the beginning of a line; a first line tells that something is left out. */
export function keepEnd(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return text;
  const from = bytes.length - mostBytes + CUT.length;
  if (from >= bytes.length) return '';
  const lineEnd = bytes.indexOf('\n', from);
  return CUT + (lineEnd === -1 ? '' : bytes.subarray(lineEnd + 1).toString());
}
