/**
 * A regular expression from the configuration with the semantics of Python's `re.match`: anchored at the start only.
 *
 * @param spelling whether upper and lower case are told apart
 * @throws SyntaxError when JavaScript does not know the syntax
 */
export function matcher(
  pattern: string,
  spelling: 'exact' | 'any case' = 'exact',
): (text: string) => boolean {
  const expression = new RegExp(`^(?:${pattern})`, spelling === 'exact' ? '' : 'i');
  return (text) => expression.test(text);
}
