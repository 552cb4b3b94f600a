const SEPARATOR = '://';

/** What may stand between the scheme and the path of a URL. */
const AUTHORITY = /^[^\s/"'<>]+/;

/** A text without the users and passwords of the URLs in it. */
export function removeAccounts(text: string): string {
  const [before, ...rest] = text.split(SEPARATOR);
  const cleaned = rest.map((part) => {
    const authority = AUTHORITY.exec(part)?.[0] ?? '';
    return part.slice(authority.lastIndexOf('@') + 1);
  });
  return [before, ...cleaned].join(SEPARATOR);
}
