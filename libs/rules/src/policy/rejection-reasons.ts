/**
 * Everything a payload can be refused for, in the words that its owner reads. The limits are those of the scheduler
 * database (schema 6) and of the masters that load its rows; a message may be followed by names.
 */
export const PROBLEMS = {
  noObject: 'is required and must be an object',
  unknownKeys: 'has keys that no payload has',
  noText: 'is required and must be a string',
  notText: 'must be a string',
  empty: 'is empty',
  longName: 'is longer than 255 bytes',
  control: 'has control characters',
  wide: 'has characters that the database cannot hold',
  unknownBuilder: 'no such builder in the builder list',
  unlistedName: 'is not plain ASCII, and there is no builder list that has it',
  longText: 'is longer than 255 characters',
  notAscii: 'has characters other than printable ASCII, which would block the builder',
  shortBranch: 'is shorter than 3 characters',
  noBranch: 'names no branch',
  dots: 'has . or .. for a component',
  manyProperties: 'has more than 256 properties',
  largeProperties: 'take more than 65536 bytes together',
  noProduct: 'is required and must be a string that is not empty',
  propertyName: 'has a name that is not 1 to 255 printable ASCII characters',
  forbiddenName: 'has a forbidden name',
  reservedName: 'has a name that the bridge writes itself',
  deep: 'is nested deeper than 8 levels',
  longPair: "takes more than 1024 bytes, the width of Buildbot's column",
  nul: 'contains the character U+0000',
  halfCharacter: 'contains half of a surrogate pair',
  number: 'contains a number that is not kept exactly; write it as a string',
} as const;
