import { MalformedAnswer } from './rest-client.js';

/** Maximum items of one reading that may have the error: with more, nothing of the answers can be trusted. */
const MAX_ODD = 5;

/**
 * Reads items together. If the answer is malformed, ever smaller parts are read, until only the items concerned have the
 * error: one odd row does not affect the others.
 *
 * @param read gives a result for each item
 * @throws MalformedAnswer when too many items are concerned; any other error of `read`
 */
export async function isolateMalformed<Item, Result>(
  items: readonly Item[],
  read: (part: readonly Item[]) => Promise<Result[]>,
): Promise<(Result | Error)[]> {
  let odd = 0;
  const readPart = async (part: readonly Item[]): Promise<(Result | Error)[]> => {
    try {
      return await read(part);
    } catch (error) {
      if (!(error instanceof MalformedAnswer)) throw error;
      if (part.length <= 1) {
        if (++odd > MAX_ODD) throw error;
        return part.map(() => error);
      }
      const middle = Math.ceil(part.length / 2);
      return [...(await readPart(part.slice(0, middle))), ...(await readPart(part.slice(middle)))];
    }
  };
  return readPart(items);
}
