/**
 * A regular expression from the configuration with the semantics of Python's `re.match`: anchored at the start only.
 *
 * @param flags `i`: upper and lower case are the same
 * @throws SyntaxError when JavaScript does not know the syntax
 */
export function matcher(pattern: string, flags: '' | 'i' = ''): (text: string) => boolean {
  const expression = new RegExp(`^(?:${pattern})`, flags);
  return (text) => expression.test(text);
}
