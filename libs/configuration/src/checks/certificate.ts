/** Seconds before its end from which a certificate is warned of. */
export const EXPIRES_SOON = 86_400;

/** Whether a text is a certificate as Taskcluster hands it out with temporary credentials: a JSON object. */
export function isCertificate(text: string): boolean {
  return readCertificate(text) !== undefined;
}

/** When temporary credentials end, in epoch seconds; undefined where their certificate does not say. */
export function certificateExpiry(text: string): number | undefined {
  const { expiry } = readCertificate(text) ?? {};
  return typeof expiry === 'number' ? expiry / 1000 : undefined;
}

/**
 * What an operator has to do about credentials that have expired, or will within a day; undefined otherwise.
 *
 * @param now epoch seconds
 */
export function expiryProblem(certificate: string, now: number): string | undefined {
  const expiry = certificateExpiry(certificate);
  if (expiry === undefined || expiry - now > EXPIRES_SOON) return undefined;
  const when = new Date(expiry * 1000).toISOString();
  return expiry <= now
    ? `the temporary credentials expired at ${when}, so that Taskcluster rejects every call; set new ones`
    : `the temporary credentials expire at ${when}; set new ones before`;
}

function readCertificate(text: string): { expiry?: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
