import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { ConfigurationError } from '../configuration-error.js';

export type JsonObject = Record<string, unknown>;

/**
 * Reads the JSON file of the configuration.
 *
 * @throws ConfigurationError when it cannot be read; the message never quotes the file
 */
export function readJsonFile(file: string): JsonObject {
  const refuse = (remedy: string) => new ConfigurationError([{ subject: file, remedy }]);
  let content: string;
  try {
    const bytes = readFileSync(file);
    if (!isUtf8(bytes)) throw refuse('is not UTF-8; save it with that encoding');
    content = bytes.toString().replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw refuse(`cannot be read (${readCode(error)}); name the JSON file with --config FILE or BBB_CONFIG`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    throw refuse(`is not valid JSON (${locateFault(content)}); check commas, quotes and brackets`);
  }
  if (!isObject(parsed)) throw refuse('must hold a JSON object: { "key": value, ... }');
  return parsed;
}

/** The value at a dotted key; undefined when it is absent, empty text, or null (unless `withNull` is set). */
export function findValue(json: JsonObject, key: string, withNull = false): unknown {
  let here: unknown = json;
  for (const name of key.split('.')) {
    if (!isObject(here) || !Object.hasOwn(here, name)) return undefined;
    here = here[name];
  }
  return (here === null && !withNull) || here === '' ? undefined : here;
}

/** The dotted keys of the file that are not known. */
export function findUnknownKeys(json: JsonObject, known: ReadonlySet<string>, prefix = ''): string[] {
  return Object.entries(json).flatMap(([name, value]) => {
    const key = prefix + name;
    if (known.has(key)) return [];
    const isSection = [...known].some((other) => other.startsWith(`${key}.`));
    if (isSection && isObject(value)) return findUnknownKeys(value, known, `${key}.`);
    return [key];
  });
}

/** Bits of a file's mode. */
export const GROUP_READS = 0o040;
export const EVERYBODY_READS = 0o004;

/** Whether a file's mode has any of these bits. */
export function hasMode(file: string, bits: number): boolean {
  try {
    return (statSync(file).mode & bits) !== 0;
  } catch {
    return false;
  }
}

export function readCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'unreadable';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Line and column of the first error in a JSON text. The parser's message is not used: for some errors it names no
 * position, and it quotes the text.
 */
function locateFault(content: string): string {
  let right = 0;
  for (let wrong = content.length + 1; wrong - right > 1;) {
    const length = Math.floor((right + wrong) / 2);
    if (isBeginning(content.slice(0, length))) right = length;
    else wrong = length;
  }
  const lines = content.slice(0, right).split('\n');
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}

/** Whether a text is the beginning of valid JSON: the only error is that it ends too early. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    // Newer versions of Node.js add line and column.
    const position = / at position (\d+)(?: \([^()]*\))?$/.exec(message)?.[1];
    return position === undefined
      ? message === 'Unexpected end of JSON input'
      : Number(position) >= text.length;
  }
}
