import { expect, it } from '@jest/globals';
import { IgnoredBuilders } from './ignored-builders.js';

it('logs each ignored builder once, and not without end', () => {
  const lines: object[] = [];
  const ignored = new IgnoredBuilders({ log: (fields: object) => lines.push(fields) });
  ignored.note('one', 'alder');
  ignored.note('two', 'alder');
  ignored.note('three', 'birch');
  ignored.note('four', undefined);
  expect(lines).toEqual([
    { taskId: 'one', buildername: 'alder' },
    { taskId: 'three', buildername: 'birch' },
  ]);
  for (let n = 0; n < 2000; n += 1) ignored.note('many', `builder ${n}`);
  expect(lines).toHaveLength(1000);
});
