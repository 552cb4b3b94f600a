import { describe, expect, it } from '@jest/globals';
import { MessagePipeline, USUAL_PIPELINE, type PipelineSettings } from './pipeline.js';
import { seededRandom } from './random.js';

function pipeline(settings: Partial<PipelineSettings> = {}, seed = 7) {
  const keys: string[] = [];
  const made = new MessagePipeline(
    { ...USUAL_PIPELINE, ...settings },
    'exchange/build/',
    (_exchange, key) => {
      keys.push(key);
    },
    seededRandom(seed),
  );
  return { made, keys };
}

describe('the way of a message', () => {
  it('takes the usual time, so that started overtakes an earlier log_uploaded', async () => {
    const { made, keys } = pipeline();
    made.add('log_uploaded', 'first', {}, 0);
    made.add('started', 'second', {}, 1);
    await made.flush(10.9);
    expect(keys).toEqual([]);
    await made.flush(11);
    await made.flush(60);
    expect(keys).toEqual(['second', 'first']);
  });

  it('can lose, delay and multiply one message by plan', async () => {
    const { made, keys } = pipeline();
    made.add('started', 'lost', {}, 0, { lost: true });
    made.add('started', 'late', {}, 0, { delay: 3600 });
    made.add('started', 'twice', {}, 0, { copies: 2 });
    await made.flush(10);
    expect(keys).toEqual(['twice', 'twice']);
    await made.flush(3610);
    expect(keys).toEqual(['twice', 'twice', 'late']);
  });

  it('loses, doubles and shuffles by chance, the same with the same seed', async () => {
    const fates = async (seed: number) => {
      const { made, keys } = pipeline({ loss: 0.3, duplication: 0.3, jitter: 100 }, seed);
      for (let number = 0; number < 40; number++) made.add('started', String(number), {}, number);
      await made.flush(1000);
      return keys;
    };
    const keys = await fates(3);
    expect(new Set(keys).size).toBeLessThan(40);
    expect(keys.length).toBeGreaterThan(new Set(keys).size);
    expect(keys.map(Number)).not.toEqual([...keys].map(Number).sort((a, b) => a - b));
    expect(await fates(3)).toEqual(keys);
    expect(await fates(4)).not.toEqual(keys);
  });

  it('loses in a crash what only the memory of the master had', async () => {
    const { made, keys } = pipeline();
    made.add('started', 'pushed', {}, 0, { delay: 100 });
    made.add('finished', 'in memory', {}, 15);
    made.add('log_uploaded', 'on disk', {}, 15);
    made.crash(20);
    await made.flush(1000);
    expect(keys).toEqual(['on disk', 'pushed']);
  });

  it('offers again what the broker did not take', async () => {
    let down = true;
    const keys: string[] = [];
    const made = new MessagePipeline(
      USUAL_PIPELINE,
      'exchange/build/',
      (_exchange, key) => {
        if (down) throw new Error('no broker');
        keys.push(key);
      },
      seededRandom(1),
    );
    made.add('started', 'a', {}, 0);
    await expect(made.flush(10)).rejects.toThrow('no broker');
    expect(made.size).toBe(1);
    down = false;
    await made.flush(11);
    expect([keys, made.size]).toEqual([['a'], 0]);
  });
});
