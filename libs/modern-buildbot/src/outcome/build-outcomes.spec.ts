import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BuildbotMasters } from '../buildbot-masters.js';
import { useMaster } from '../testing/use-master.js';
import { json } from '../testing/scripted-master.js';
import type { Tables } from '../testing/tables.js';

describe('BuildOutcomes', () => {
  const current = useMaster();
  let tables: Tables;
  let masters: BuildbotMasters;
  beforeEach(() => {
    ({ tables } = current);
    masters = current.connect();
  });

  it('has the properties, and the page of the builder that has the build', async () => {
    const properties = { product: ['x', 'bridge'], odd: 'no pair', nested: [{ a: [1] }, 'Step'] };
    tables.build(7, 3, { builderid: 44, number: 12, properties });
    expect(await masters.readOutcome({ buildId: 7, number: 2 })).toEqual({
      properties: [
        ['product', 'x', 'bridge'],
        ['nested', { a: [1] }, 'Step'],
      ],
      log: { url: 'https://buildbot.example.com/#/builders/44/builds/12', contentType: 'text/html' },
    });
  });

  it('has null in place of numbers that are not JSON, and everything else', async () => {
    const { answer } = tables.master;
    const row = '"buildid": 7, "builderid": 44, "number": 12, "results": 0';
    tables.master.answer = (seen, response) =>
      seen.path.endsWith('/builds')
        ? response.end(
            `{"builds": [{${row}, "properties": {"rate": [NaN, "S"], "most": [Infinity, "S"], "text": ["NaN", "S"]}}]}`,
          )
        : answer(seen, response);
    expect(await masters.readOutcome({ buildId: 7, number: 12 })).toMatchObject({
      properties: [
        ['rate', null, 'S'],
        ['most', null, 'S'],
        ['text', 'NaN', 'S'],
      ],
    });
  });

  it('shares a call with others, and is not harmed by one that the master cannot read', async () => {
    for (const id of [7, 8, 9]) tables.build(id, 3, { properties: { product: [id, 'bridge'] } });
    const { answer } = tables.master;
    tables.master.answer = (seen, response) =>
      seen.query.getAll('buildid__in').includes('8')
        ? json(response, { error: 'Unterminated string' }, 500)
        : answer(seen, response);
    const read = (ids: number[]) =>
      Promise.allSettled(ids.map((buildId) => masters.readOutcome({ buildId, number: 2 })));
    expect(await read([7, 9])).toMatchObject(
      [7, 9].map((id) => ({ value: { properties: [['product', id, 'bridge']] } })),
    );
    expect(tables.asked.filter((path) => path === 'GET /builds')).toHaveLength(1);
    expect(await read([7, 8, 9])).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: expect.stringContaining('500') } },
      { status: 'fulfilled' },
    ]);
  });

  it('is not believed when the filter was ignored', async () => {
    for (const id of [7, 8]) tables.build(id, 3, { properties: {} });
    tables.answers['/builds'] = { builds: tables.rows.builds };
    await expect(masters.readOutcome({ buildId: 7, number: 2 })).rejects.toThrow('not requested');
  });

  describe('of a failed build, with a limit for the log of its step', () => {
    beforeEach(() => {
      tables.build(7, 3, { results: 2, properties: {} });
      const steps = [
        [0, 'prepare', 0],
        [1, 'make', 2],
        [2, 'clean up', 4],
      ].map(([number, name, results]) => ({ number, name, results }));
      Object.assign(tables.answers, {
        '/builds/7/steps': { steps },
        '/builds/7/steps/1/logs': {
          logs: [
            { logid: 40, slug: 'report', type: 't', num_lines: 9 },
            { logid: 41, slug: 'stdio', type: 's', num_lines: 2500 },
          ],
        },
      });
      const lines = Array.from({ length: 2500 }, (_, index) => (index < 2 ? 'hPATH=/bin' : `oline ${index}`));
      lines[2499] = 'ethe error';
      const { answer } = tables.master;
      tables.master.answer = (seen, response) => {
        if (seen.path !== '/api/v2/logs/41/contents') return answer(seen, response);
        const [offset, limit] = ['offset', 'limit'].map((name) => Number(seen.query.get(name)));
        const content = lines.slice(offset, offset! + limit!).map((line) => `${line}\n`);
        json(response, { logchunks: [{ logid: 41, firstline: offset, content: content.join('') }] });
      };
    });

    it('has the end of the log of the first failed step, without headers', async () => {
      const { failedStep } = (await current.connect({ stepLogBytes: 1000 }).readOutcome({
        buildId: 7,
        number: 2,
      }))!;
      expect(failedStep).toMatchObject({
        step: 'make',
        text: expect.stringMatching(/^line 1500\n[^]*\nthe error\n$/),
      });
      expect(tables.asked.filter((path) => path.endsWith('/contents'))).toHaveLength(1);
      const whole = await current.connect({ stepLogBytes: 1_000_000 }).readOutcome({ buildId: 7, number: 2 });
      expect(whole!.failedStep!.text).toMatch(/^line 2\n[^]*\nthe error\n$/);
    });

    it('has none when it is not wanted, the build has not failed, or the log cannot be read', async () => {
      expect(await masters.readOutcome({ buildId: 7, number: 2 })).not.toHaveProperty('failedStep');
      const wanting = current.connect({ stepLogBytes: 1000 });
      tables.rows.builds[0]!.results = 6;
      expect(await wanting.readOutcome({ buildId: 7, number: 2 })).not.toHaveProperty('failedStep');
      tables.rows.builds[0]!.results = 4;
      tables.answers['/builds/7/steps/1/logs'] = {};
      expect(await wanting.readOutcome({ buildId: 7, number: 2 })).toMatchObject({ properties: [] });
    });
  });

  it('is unknown for a build that Buildbot does not know', async () => {
    expect(await masters.readOutcome({ buildId: 7, number: 2 })).toBeUndefined();
  });
});
