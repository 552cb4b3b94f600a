/** A base URL without the slashes at its end, to which a path with a slash is added. */
export function baseUrl(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end--;
  return url.slice(0, end);
}
