import { type BuildProperty, findUnfit, NOTHING, putAside } from './fit.js';
import { judgeLogUrl, type LogUrlJudgement } from './log-url.js';
import { looksSecret } from './secret-values.js';
import { TellingNames } from './telling-names.js';

export { type BuildProperty, LARGEST_PROPERTIES, WITHHELD } from './fit.js';

/** What of a build may be published. */
export interface ArtifactSettings {
  /** Regular expressions, found anywhere in a name and in either case: properties that are not published. */
  withheldProperties: readonly string[];
  /** Whether values that look like credentials are left out. */
  withholdSecrets: boolean;
  /** See {@link judgeLogUrl}. */
  logHosts: readonly string[];
  /** Values that must leave in no case: the bridge's own credentials. */
  ownSecrets?: readonly string[];
}

/** Names that tell of a credential. `author` and `authority` are none. */
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

/** Nesting beyond this is not looked into, and not published. */
const DEEPEST = 32;

/** A shorter secret of ours may well be a word, and counts only where it is the whole text. */
const UNMISTAKABLE = 8;

export interface PublishedProperties {
  /** JSON: name -> [value, source]; a withheld one is `[null, "withheld by the bridge"]`. */
  content: string;
  /** Names of those whose values are not published. */
  withheld: string[];
}

type NameJudge = (name: string) => boolean;

/** Decides what of a build's outcome is published with its task. Anybody may read public artifacts. */
export class ArtifactPolicy {
  private readonly names: TellingNames;
  private readonly settings: ArtifactSettings;
  private readonly own: readonly string[];

  /** @throws SyntaxError for a pattern that is no regular expression */
  constructor(settings: Partial<ArtifactSettings> = {}) {
    this.settings = {
      withheldProperties: WITHHELD_PROPERTIES,
      withholdSecrets: true,
      logHosts: ANY_HOST,
      ...settings,
    };
    // One that contains another comes first, so that nothing of it remains.
    this.own = (this.settings.ownSecrets ?? [])
      .flatMap(writtenForms)
      .sort((one, other) => other.length - one.length);
    this.names = new TellingNames(this.settings.withheldProperties);
  }

  /** The content of `public/properties.json`, and what was left out of it. Of equal names the last one counts. */
  properties(given: readonly BuildProperty[]): PublishedProperties {
    const entries = new Map<string, string>();
    const withheld = new Set<string>();
    const unfit = findUnfit(given);
    const isTelling = this.names.createJudge();
    for (const property of given) {
      const [name, value, source] = property;
      // A name cannot be told without being shown.
      if (this.isOwn(name)) continue;
      const isKept = !unfit.has(property) && this.mayLeave(property, isTelling);
      entries.set(name, isKept ? JSON.stringify([value, source]) : NOTHING);
      if (isKept) withheld.delete(name);
      else withheld.add(name);
    }
    for (const name of putAside(entries)) withheld.add(name);
    return { content: written(entries), withheld: [...withheld] };
  }

  /** The URL that a reference to the log may lead to, or the rule that withholds it. */
  logUrl(text: string | null): LogUrlJudgement {
    const judgement = judgeLogUrl(text, this.settings.logHosts);
    const { url } = judgement;
    const hasOwn = url !== undefined && (this.isOwn(url) || this.isOwn(decoded(url)));
    return hasOwn ? { rule: 'contains a secret of the bridge' } : judgement;
  }

  /** A text that the bridge itself writes, and into which names of somebody else's have come. */
  text(given: string): string {
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

function written(entries: ReadonlyMap<string, string>): string {
  return `{${[...entries].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

/** As it is, and as it stands within JSON or a URL that is itself a text. */
function writtenForms(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '')),
  ];
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
