import { expect, it } from '@jest/globals';
import { useMaster } from '../testing/use-master.js';

const current = useMaster();

it('reads requests that it knows together with a new one, also when it forgets what it has remembered', async () => {
  const { tables } = current;
  const masters = current.connect();
  const isRead = async (ids: number[]) =>
    [...(await masters.readSnapshots(ids))].map(([id, one]) => [id, !(one instanceof Error)]);
  for (const id of [1, 2, 3]) tables.request(id);
  expect(await isRead([1, 2, 3])).toEqual([1, 2, 3].map((id) => [id, true]));

  // As many others as make it forget all; reading them would take a minute.
  const { marks } = (masters as unknown as { reader: { marks: Map<string, null> } }).reader;
  for (let other = 0; other < 50_000; other++) marks.set(`other ${other}`, null);
  tables.request(4);
  expect(await isRead([1, 2, 3, 4])).toEqual([1, 2, 3, 4].map((id) => [id, true]));
  expect(marks.size).toBeLessThan(50_000);
});
