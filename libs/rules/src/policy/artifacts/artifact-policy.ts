import { type BuildProperty, findUnfit, NOTHING, putAside } from './fit.js';
import { keepEnd, redactLines } from './log-lines.js';
import { judgeLogUrl, type LogUrlJudgement } from './log-url.js';
import { looksSecret } from './secret-values.js';
import { WithheldNames } from './withheld-names.js';

export { type BuildProperty, LARGEST_PROPERTIES, WITHHELD } from './fit.js';

/** Which parts of a build's outcome may be published. */
export interface ArtifactSettings {
  /** Properties that are not published: regular expressions that match anywhere in the name, ignoring case. */
  withheldProperties: readonly string[];
  /** Whether values that look like credentials are withheld. */
  withholdSecrets: boolean;
  /** See {@link judgeLogUrl}. */
  logHosts: readonly string[];
  /** Maximum bytes of the failed step's log that are published; none when undefined. */
  stepLogBytes?: number;
  /** Values that are never published: the bridge's own credentials. */
  ownSecrets?: readonly string[];
}

/** Names of properties that hold credentials. `author` and `authority` do not match. */
export const WITHHELD_PROPERTIES: readonly string[] = [
  'passw',
  'passphrase',
  'secret',
  'token',
  'credential',
  'private_?key',
  'api_?key',
  'access_?key',
  '(?:^|[^a-z])auth(?:[^a-z]|$)',
  'authorization',
  'cookie',
];

/** Any host by https, unless Buildbot or the configuration names the hosts of its logs. */
const ANY_HOST: readonly string[] = ['*'];

/** Levels of nesting that are checked; a value that is nested deeper is not published. */
const DEEPEST = 32;

/** A secret of the bridge that is shorter may be an ordinary word, so it only matches a whole text. */
const UNMISTAKABLE = 8;

export interface PublishedProperties {
  /** JSON: name -> [value, source]; a withheld one is `[null, "withheld by the bridge"]`. */
  content: string;
  /** Names of those whose values are not published. */
  withheld: string[];
}

type NameJudge = (name: string) => boolean;

/** Decides which parts of a build's outcome are published with its task. Anyone may read public artifacts. */
export class ArtifactPolicy {
  private readonly names: WithheldNames;
  private readonly settings: ArtifactSettings;
  private readonly own: readonly string[];

  /** @throws SyntaxError for a pattern that is not a regular expression */
  constructor(settings: Partial<ArtifactSettings> = {}) {
    this.settings = {
      withheldProperties: WITHHELD_PROPERTIES,
      withholdSecrets: true,
      logHosts: ANY_HOST,
      ...settings,
    };
    // Longest first: a secret that contains another must be replaced as a whole.
    this.own = (this.settings.ownSecrets ?? [])
      .flatMap(listWrittenForms)
      .sort((one, other) => other.length - one.length);
    this.names = new WithheldNames(this.settings.withheldProperties);
  }

  /** The content of `public/properties.json`, and the withheld properties. Of equal names the last one counts. */
  selectProperties(given: readonly BuildProperty[]): PublishedProperties {
    const entries = new Map<string, string>();
    const withheld = new Set<string>();
    const unfit = findUnfit(given);
    const isTelling = this.names.createJudge();
    for (const property of given) {
      const [name, value, source] = property;
      // A withheld property is still listed by name, so a name that contains a secret is left out completely.
      if (this.isOwn(name)) continue;
      const isKept = !unfit.has(property) && this.mayLeave(property, isTelling);
      entries.set(name, isKept ? JSON.stringify([value, source]) : NOTHING);
      if (isKept) withheld.delete(name);
      else withheld.add(name);
    }
    for (const name of putAside(entries)) withheld.add(name);
    return { content: writeObject(entries), withheld: [...withheld] };
  }

  /** The URL that a reference to the log may lead to, or the rule that withholds it. */
  logUrl(text: string | null): LogUrlJudgement {
    const judgement = judgeLogUrl(text, this.settings.logHosts);
    const { url } = judgement;
    const hasOwn = url !== undefined && (this.isOwn(url) || this.isOwn(decodeUrl(url)));
    return hasOwn ? { rule: 'contains a secret of the bridge' } : judgement;
  }

  /** The part of a log that may be published: its end, without lines that may hold a credential. */
  redactLog(text: string): string {
    const { withholdSecrets, stepLogBytes = 0 } = this.settings;
    const isOwn = (line: string) => this.isOwn(line);
    const lines = redactLines(text, { isTelling: this.names.createJudge(), isOwn, withholdSecrets });
    return keepEnd(lines, stepLogBytes);
  }

  /** Hides the bridge's secrets in a text of the bridge that repeats names from a payload. */
  hideSecrets(given: string): string {
    return this.own
      .filter(({ length }) => length >= UNMISTAKABLE)
      .reduce((text, secret) => text.replaceAll(secret, '[secret]'), given);
  }

  private mayLeave([name, value, source]: BuildProperty, isTelling: NameJudge): boolean {
    if (isTelling(name) || this.isOwn(source)) return false;
    return this.isHarmless(value, isTelling, 0);
  }

  private isHarmless(value: unknown, isTelling: NameJudge, depth: number): boolean {
    if (typeof value === 'string') {
      return !this.isOwn(value) && !(this.settings.withholdSecrets && looksSecret(value));
    }
    if (typeof value === 'number') return !this.isOwn(String(value));
    if (typeof value !== 'object' || value === null) return true;
    if (depth >= DEEPEST) return false;
    return Object.entries(value).every(([key, item]) => {
      const isNamed = !Array.isArray(value);
      return !(isNamed && (isTelling(key) || this.isOwn(key))) && this.isHarmless(item, isTelling, depth + 1);
    });
  }

  private isOwn(text: string): boolean {
    return this.own.some((secret) =>
      secret.length < UNMISTAKABLE ? text === secret : text.includes(secret),
    );
  }
}

function writeObject(entries: ReadonlyMap<string, string>): string {
  return `{${[...entries].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

/** The secret as it is, as it is written in JSON, and as it is written in a URL. */
function listWrittenForms(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '')),
  ];
}

function decodeUrl(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
