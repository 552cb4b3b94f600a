import fc from 'fast-check';

/** Text of JSON. */
type Json = fc.Arbitrary<string>;

/** Beginnings of what rules look for, harmless as they are: repeated, they are dear to a rule that starts over. */
const PIECES = [
  'x',
  'é',
  '://',
  'https://',
  'http://u',
  '@',
  'eyJ',
  '.eyJ',
  '?token=',
  '&x=',
  'Basic ',
  'Ab1/',
  '-----BEGIN ',
  'ghp_',
  '%41',
  '/',
  '=',
  ' ',
  '\\\\',
  '\\"',
  '\\u0041',
];

const MEGABYTE = 1024 * 1024;

/** Ten megabytes are what Taskcluster takes; so large ones are rare, because each takes its time to be made. */
const bytes = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(1024, 4096, 64 * 1024) },
  { weight: 8, arbitrary: fc.constantFrom(130 * 1024, 300 * 1024) },
  { weight: 1, arbitrary: fc.constantFrom(MEGABYTE, 9 * MEGABYTE) },
);

const repeated = (piece: string, size: number): string => piece.repeat(Math.ceil(size / piece.length));

const FORMS: ((piece: string, size: number) => string)[] = [
  (piece, size) => `"${repeated(piece, size)}"`,
  (piece, size) => `[${repeated(`"${piece}",`, size)}1]`,
  (piece, size) =>
    `{${Array.from({ length: size / (piece.length + 14) }, (_, index) => `"${piece}${index}":1`).join(',')}}`,
  (_piece, size) => `[${repeated('1,', size)}1]`,
  (_piece, size) => `[${repeated('[],', size)}1]`,
  (_piece, size) => '['.repeat(size / 2) + ']'.repeat(size / 2),
];

/** Values of every size, made of one piece over and over. */
export const largeText: Json = fc
  .tuple(fc.constantFrom(...PIECES), bytes, fc.constantFrom(...FORMS))
  .map(([piece, size, form]) => form(piece, size));
