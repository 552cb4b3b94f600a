/** An error as those of the network are: known by its `code`. */
export function broken(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
