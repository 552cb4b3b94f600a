import { NestFactory } from '@nestjs/core';
import {
  type Database,
  JournalWriter,
  PassStoreSql,
  PauseStoreSql,
  TaskList,
  TaskStoreSql,
  withDatabase,
} from '@bbb/bridge-db';
import { BUILDBOT_LOG_HOSTS } from '@bbb/buildbot';
import type { Configuration } from '@bbb/configuration';
import type { OperationSystems } from '@bbb/operation';
import { Redactor } from '@bbb/platform';
import { Pauses, Reconciler, RULES } from '@bbb/reconciler';
import { Buildbot, BuilderPolicy, Clock, type Decision, Journal, TaskQueue, Telemetry } from '@bbb/rules';
import { TaskclusterModule } from '@bbb/taskcluster';
import { createCommandModule } from '../command-module.js';
import { createReconcilerSettings } from '../reconciler-settings.js';
import { readIdentity } from './instance-identity.js';
import { createOperationSettings } from './operator-side.js';

/** For commands: what questions are answered from, and a reconciler that acts. */
export interface CommandSystems extends OperationSystems {
  reconciler: Reconciler;
  /** What the reconciler has done so far. */
  done: readonly Decision[];
}

/** Remembers decisions for the command, and keeps them as a service does. */
class CommandJournal extends Journal {
  readonly done: Decision[] = [];

  constructor(private readonly writer: JournalWriter | undefined) {
    super();
  }

  override note(decision: Decision): void {
    this.done.push(decision);
    this.writer?.note(decision);
  }
}

/**
 * Works with the outside systems of a configuration, without a running service. The bridge database is used as it is found:
 * nothing is created or migrated.
 *
 * @throws Invalid, NotStrict or Unavailable when the bridge database cannot be used; other systems may be unavailable
 */
export function withOperation<T>(
  configuration: Configuration,
  work: (systems: CommandSystems) => Promise<T>,
): Promise<T> {
  return withDatabase(configuration.bridgeDb.url, async (db, isMigrated) => {
    const app = await NestFactory.createApplicationContext(
      createCommandModule(configuration, [TaskclusterModule.register(configuration.taskcluster)]),
      { logger: false, abortOnError: false },
    );
    const writer = createWriter(configuration, db, app.get<Redactor>(Redactor, { strict: false }));
    const journal = new CommandJournal(writer);
    try {
      const get = <Type>(token: unknown) => app.get<Type>(token as string, { strict: false });
      const [queue, buildbot, clock] = [
        get<TaskQueue>(TaskQueue),
        get<Buildbot>(Buildbot),
        get<Clock>(Clock),
      ];
      const policy = new BuilderPolicy(configuration.builders);
      const reconciler = new Reconciler(
        queue,
        buildbot,
        new TaskStoreSql(db),
        new PassStoreSql(db),
        clock,
        get<Telemetry>(Telemetry),
        createReconcilerSettings(configuration, policy, get<readonly string[]>(BUILDBOT_LOG_HOSTS)),
        RULES,
        { journal, pauses: new Pauses(new PauseStoreSql(db), clock) },
      );
      const settings = createOperationSettings(configuration);
      const { done } = journal;
      const tasks = new TaskList(db);
      return await work({
        ...{ queue, buildbot, reconciler, db, tasks, isMigrated, clock, policy, done },
        ...settings,
      });
    } finally {
      await writer?.flush();
      await app.close();
    }
  });
}

function createWriter(
  { journal: { days } }: Configuration,
  db: Database,
  redaction: Redactor,
): JournalWriter | undefined {
  if (days === 0) return undefined;
  const { host, pid } = readIdentity();
  return new JournalWriter(db, { service: 'command', instance: `${host}:${pid}` }, redaction);
}
