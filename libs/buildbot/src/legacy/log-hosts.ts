/** Any host with https; with http only Mozilla's, which had the logs of Buildbot 0.8. */
const USUAL: readonly string[] = ['*', 'http://*.mozilla.org'];

/**
 * Default hosts for the logs of Buildbot 0.8: the usual ones, and the hosts of other configured URLs, also with http.
 */
export function listLegacyLogHosts(...urls: (string | undefined)[]): string[] {
  const named = urls.flatMap((url) =>
    url !== undefined && /^https?:/i.test(url) && URL.canParse(url)
      ? [`http://${new URL(url).hostname}`]
      : [],
  );
  return [...USUAL, ...named];
}
