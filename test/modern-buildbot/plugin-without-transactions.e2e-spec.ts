import { expect, it } from '@jest/globals';
import { newKey } from '../support/real-buildbot/master-calls.js';
import { describeMariaDbMaster, startMaster, withMaster } from '../support/real-buildbot/masters.js';

// Buildbot's tables on MariaDB have no transactions, and compare texts without case and trailing spaces.
describeMariaDbMaster('the scheduler plugin on MariaDB', () => {
  const found = withMaster(() => startMaster('mysql'));

  it('ignores the build set that a failed creation left behind', async () => {
    const key = newKey();
    // A property's column has 64 KiB there.
    const call = { key, builderNames: ['slow'] };
    const failing = { ...call, properties: { big: 'x'.repeat(70_000) } };
    for (let attempt = 0; attempt < 2; attempt++)
      expect(await found.calls.tryCreate(failing)).toMatchObject({ status: 500 });
    const left = await found.calls.buildsets(key);
    expect(left).toHaveLength(2);
    for (const { bsid } of left)
      expect(await found.master.rest.rows(`/buildrequests?buildsetid=${bsid}`)).toEqual([]);

    const made = await found.calls.create(call);
    expect(made).toMatchObject({ created: true, withdrawn: false, request: expect.any(Number) });
    expect(await found.calls.create(call)).toEqual({ ...made, created: false });
  });

  it('lets a call name such a build set, or the one that counts, as what it replaces', async () => {
    const key = newKey();
    const first = await found.calls.create({ key });
    const leaveBehind = async (after: number) => {
      const failing = { key, builderNames: ['slow'], properties: { big: 'x'.repeat(70_000) }, after };
      expect((await found.calls.tryCreate(failing)).status).toBe(500);
      return (await found.calls.buildsets(key)).at(-1).bsid as number;
    };
    const left = await leaveBehind(first.buildset);
    expect(left).not.toBe(first.buildset);

    expect(await found.calls.create({ key })).toEqual({ ...first, created: false });
    const second = await found.calls.create({ key, after: left });
    expect(second).toMatchObject({ created: true });
    expect(await found.calls.create({ key, after: left })).toEqual({ ...second, created: false });
    await leaveBehind(second.buildset);
    expect(await found.calls.create({ key, after: second.buildset })).toMatchObject({ created: true });
  });

  it('tells keys apart that the database takes for equal', async () => {
    const key = `Abc${newKey()}`;
    const others = [key.toLowerCase(), `${key} `];
    const made = await found.calls.create({ key });
    expect(await found.calls.buildsets(others[0]!)).toMatchObject([{ external_idstring: key }]);
    const answers = [];
    for (const other of others) answers.push(await found.calls.create({ key: other }));
    expect(answers.map(({ created }) => created)).toEqual([true, true]);
    expect(await found.calls.create({ key })).toEqual({ ...made, created: false });
  });

  it('keeps withdrawals', async () => {
    const key = newKey();
    const tombstone = await found.calls.create({ key, withdraw: true });
    expect(await found.calls.create({ key })).toEqual({ ...tombstone, created: false });
    expect(await found.calls.create({ key, after: tombstone.buildset })).toMatchObject({ created: true });
  });
});
