import { describe, expect, it } from '@jest/globals';
import { withLateDateFormats } from './late-date-formats.js';

describe('withLateDateFormats', () => {
  const real = Intl.DateTimeFormat;
  const options = { timeZone: 'America/Los_Angeles', timeZoneName: 'longOffset' } as const;
  const moment = new Date('2017-05-12T11:04:24Z');

  it('makes formats that say what real ones say', async () => {
    const format = await withLateDateFormats(async () => new Intl.DateTimeFormat('en-US', options));
    const expected = new real('en-US', options);
    expect(format).not.toBeInstanceOf(real);
    expect(format.format(moment)).toBe(expected.format(moment));
    expect(format.formatToParts(moment)).toEqual(expected.formatToParts(moment));
    expect(format.resolvedOptions()).toEqual(expected.resolvedOptions());
  });

  it('leaves everything as it was, also after a failure', async () => {
    await expect(withLateDateFormats(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(Intl.DateTimeFormat).toBe(real);
  });
});
