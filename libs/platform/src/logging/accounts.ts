const SEPARATOR = '://';

/** The part between the scheme and the path of a URL. */
const AUTHORITY = /^[^\s/"'<>]+/;

/** Removes users and passwords from the URLs in a text. */
export function removeAccounts(text: string): string {
  if (!text.includes(SEPARATOR)) return text;
  const [before, ...rest] = text.split(SEPARATOR);
  const cleaned = rest.map((part) => {
    const authority = AUTHORITY.exec(part)?.[0] ?? '';
    return part.slice(authority.lastIndexOf('@') + 1);
  });
  return [before, ...cleaned].join(SEPARATOR);
}
