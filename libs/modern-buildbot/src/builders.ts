import { type BuilderKnown, Refused, Unavailable } from '@bbb/rules';
import * as z from 'zod';
import { SYSTEM } from './options.js';
import type { RestClient } from './rest/rest-client.js';

/** Seconds for which a list that contains a builder is used without reading it again. */
const LIST_LIFETIME = 60;

/** Maximum number of missing names that are remembered; tasks may contain any name. */
const MOST_MISSING = 1000;

/** The tag of virtual builders, which Buildbot creates when a build has certain properties. */
const VIRTUAL = '_virtual_';

/** The label of the plugin's scheduler: the version of its calls and answers. */
export const PROTOCOL = 'bridge-protocol 1';

const builderList = z.object({
  builders: z.array(
    z.object({
      builderid: z.int(),
      name: z.string(),
      masterids: z.array(z.int()),
      tags: z.array(z.string()),
    }),
  ),
});
const schedulerList = z.object({
  forceschedulers: z
    .array(
      z.object({
        label: z.string(),
        builder_names: z.array(z.string()),
        all_fields: z.array(z.unknown()).default([]),
      }),
    )
    .length(1),
});

/** A parameter of a ForceScheduler, which may be a group of others. */
const parameter = z.object({ fullName: z.string().nullish(), fields: z.array(z.unknown()).optional() });

/** Parameters of every ForceScheduler, which are no properties. */
const NO_PROPERTIES = ['username', 'reason', 'branch', 'revision', 'repository', 'project', 'priority'];

interface Loaded {
  /** Milliseconds since the process began. */
  at: number;
  names: ReadonlyMap<number, string>;
  /** Ids of the builders of a running master, by name. */
  ids: ReadonlyMap<string, number>;
  /** Builders of a running master that the bridge's scheduler serves. */
  served: ReadonlySet<string>;
  /** Properties that the scheduler declares. */
  declared: ReadonlySet<string>;
}

/** The builders of a Buildbot, and which of them the bridge may use. */
export class Builders {
  private loaded: Loaded | undefined;
  private loading: Promise<Loaded> | undefined;
  /** When a name was first missing from a list. */
  private readonly missing = new Map<string, number>();

  constructor(
    private readonly client: RestClient,
    private readonly scheduler: string,
    private readonly unknownGrace: number,
  ) {}

  /** The name of a builder by its id; empty when Buildbot has none. */
  async findName(builderId: number): Promise<string> {
    const known = this.loaded?.names.get(builderId);
    return known ?? (await this.load()).names.get(builderId) ?? '';
  }

  /** The id of a builder that can be used; undefined when there is none. */
  async findId(name: string): Promise<number | undefined> {
    const { loaded } = this;
    return loaded?.ids.get(name) ?? (await (this.isFresh(loaded) ? loaded : this.load())).ids.get(name);
  }

  /** Names of the properties that the scheduler takes as parameters. */
  async listDeclaredProperties(): Promise<ReadonlySet<string>> {
    const { loaded } = this;
    return (this.isFresh(loaded) ? loaded : await this.load()).declared;
  }

  /**
   * Whether a builder can be used. A stopping master lists no builders, so a missing one counts as unknown only after a
   * grace period.
   *
   * @throws Unavailable while it has been missing for less than the grace period
   */
  async knows(name: string): Promise<BuilderKnown> {
    const { loaded } = this;
    const { served, at } = this.isFresh(loaded) && loaded.served.has(name) ? loaded : await this.load();
    if (served.has(name)) {
      this.missing.delete(name);
      return 'known';
    }
    const since = this.missing.get(name) ?? at;
    if (this.missing.size >= MOST_MISSING) this.missing.clear();
    this.missing.set(name, since);
    if (at - since >= this.unknownGrace * 1000) return 'unknown';
    throw new Unavailable(
      SYSTEM,
      `builder ${name} is not served by scheduler ${this.scheduler}; will check again before it is treated as unknown`,
    );
  }

  /** The names of the builders that can be used. */
  async list(): Promise<readonly string[]> {
    return [...(await this.load()).served];
  }

  /** Problem with the scheduler in master.cfg; undefined when there is none. */
  async findSchedulerProblem(isStock: boolean): Promise<string | undefined> {
    try {
      const { label } = await this.readScheduler();
      return isStock || label === PROTOCOL
        ? undefined
        : `scheduler ${this.scheduler} is not a BridgeScheduler of ${PROTOCOL}: its label is ${label}`;
    } catch (error) {
      if (error instanceof Refused && error.status === 404)
        return `the master has no scheduler ${this.scheduler}; add a ${isStock ? 'ForceScheduler' : 'BridgeScheduler'} to master.cfg`;
      return error instanceof Error ? error.message : String(error);
    }
  }

  private isFresh(loaded: Loaded | undefined): loaded is Loaded {
    return loaded !== undefined && performance.now() - loaded.at < LIST_LIFETIME * 1000;
  }

  private load(): Promise<Loaded> {
    this.loading ??= this.read().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async read(): Promise<Loaded> {
    const fields = ['builderid', 'name', 'masterids', 'tags'].map((name) => ['field', name] as const);
    const [{ builders }, { builder_names: names, all_fields: parameters }] = await Promise.all([
      this.client.get('/api/v2/builders', fields, builderList, 'urgent'),
      this.readScheduler(),
    ]);
    const usable = builders.filter(({ masterids, tags }) => masterids.length > 0 && !tags.includes(VIRTUAL));
    const ids = new Map(usable.map(({ builderid, name }) => [name, builderid]));
    this.loaded = {
      at: performance.now(),
      names: new Map(builders.map(({ builderid, name }) => [builderid, name])),
      ids,
      served: new Set(names.filter((name) => ids.has(name))),
      declared: new Set(listNames(parameters).filter((name) => !NO_PROPERTIES.includes(name))),
    };
    return this.loaded;
  }

  private async readScheduler() {
    const { forceschedulers } = await this.client.get(
      `/api/v2/forceschedulers/${encodeURIComponent(this.scheduler)}`,
      [],
      schedulerList,
      'urgent',
    );
    return forceschedulers[0]!;
  }
}

function listNames(parameters: readonly unknown[]): string[] {
  return parameters.flatMap((given) => {
    const { fullName, fields = [] } = parameter.parse(given);
    return [...(fullName ? [fullName] : []), ...listNames(fields)];
  });
}
