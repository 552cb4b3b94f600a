/**
 * A number in [0, 1) that is always the same for a text and differs between texts (FNV-1a). Spreads recurring work that
 * began at the same time.
 */
export function computeJitter(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}
