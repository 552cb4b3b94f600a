/** Any host by https; by http only Mozilla's, where the logs of Buildbot 0.8 have always been. */
const USUAL: readonly string[] = ['*', 'http://*.mozilla.org'];

/**
 * Hosts that logs of Buildbot 0.8 are expected on, unless the configuration names them: the usual ones, and those of
 * URLs that the configuration relies on already, by http too.
 */
export function legacyLogHosts(...urls: (string | undefined)[]): string[] {
  const named = urls.flatMap((url) =>
    url !== undefined && /^https?:/i.test(url) && URL.canParse(url)
      ? [`http://${new URL(url).hostname}`]
      : [],
  );
  return [...USUAL, ...named];
}
