import { expect, it } from '@jest/globals';
import { describeDatabase } from './describe-database.js';

it.each([
  ['mysql://bridge:secret@db.example.com/bbb?ssl_ca=x', 'mysql://db.example.com:3306/bbb'],
  ['postgresql+psycopg2://bridge:secret@db.example.com:5433/bbb', 'postgres://db.example.com:5433/bbb'],
  ['sqlite:////var/lib/bbb.db', 'sqlite:////var/lib/bbb.db'],
])('a database is described without its secrets (%#)', (url, expected) => {
  expect(describeDatabase(url)).toBe(expected);
});
