/** Removes the slashes at the end of a base URL, so that a path with a leading slash can be appended. */
export function toBaseUrl(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end--;
  return url.slice(0, end);
}
