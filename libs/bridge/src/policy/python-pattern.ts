/**
 * A regular expression from the configuration with the semantics of Python's `re.match`: anchored at the start only.
 *
 * @throws SyntaxError when JavaScript does not know the syntax
 */
export function matcher(pattern: string): (text: string) => boolean {
  const expression = new RegExp(`^(?:${pattern})`);
  return (text) => expression.test(text);
}
