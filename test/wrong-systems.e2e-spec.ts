import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { type WrongSystem, WRONG_SYSTEMS } from '../sandbox/wrong/index.js';
import { isFull, isWhole } from './support/campaign.js';
import { type DatabaseKind, isUsable } from './support/databases.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { describeEach, isReachable, SERVERS } from './support/servers.js';

interface Run {
  code: number;
  output: string;
}

/** Each run is idle most of the time. On a server each may have some forty connections, of a hundred that PostgreSQL allows. */
const AT_A_TIME = { sqlite: 3, mysql: 1, postgres: 1 };

/** Milliseconds; a run takes 25 s on a quiet machine, and waits for the others. */
const PATIENCE = 400_000;

/** The usual test run plays some; all are played in the campaigns, and on servers those of the scheduler database. */
const USUAL = ['foreign-404', 'wrong-scheduler-db'];

const isPlayed = ({ name, needs }: WrongSystem, kind: DatabaseKind) => {
  const isAsked = isFull || USUAL.includes(name);
  if (needs !== undefined) return kind === 'postgres' && isAsked;
  if (kind === 'sqlite') return isAsked;
  return isWhole ? name.endsWith('scheduler-db') : isFull && name === 'wrong-scheduler-db';
};

const KINDS = (['sqlite', 'mysql', 'postgres'] as const)
  .map((kind) => [kind, WRONG_SYSTEMS.filter((wrong) => isPlayed(wrong, kind))] as const)
  .filter(([, wrongs]) => wrongs.length > 0);

const isPossible = (kind: DatabaseKind) => isUsable(kind) && (kind === 'sqlite' || isReachable('rabbitmq'));

describeEach(KINDS, isPossible)('the services on %s', (kind, wrongs) => {
  const runs = new Map<string, Promise<Run>>();

  beforeAll(async () => {
    const project = await compileProject();
    const lanes: Promise<unknown>[] = Array.from({ length: AT_A_TIME[kind] }, () => Promise.resolve());
    wrongs.forEach(({ name }, index) => {
      const run = lanes[index % lanes.length]!.then(() => play(project, name, kind));
      lanes[index % lanes.length] = run;
      runs.set(name, run);
    });
  }, COMPILATION_LIMIT);

  it.each(wrongs.map((wrong) => [wrong.name, wrong] as const))(
    'report %s, do no harm, and come to the right ends afterwards',
    async (name, { isDoubted }) => {
      const { code, output } = await runs.get(name)!;
      const problems = output.match(/^(PROBLEM|WRONG [^:]).*$/gm) ?? [];
      expect({ code, problems, told: code === 0 ? '' : output.slice(-3000) }).toEqual({
        code: 0,
        problems: [],
        told: '',
      });
      expect(output).toContain('harm    none');
      if (isDoubted) expect(output).toMatch(/health {2}missing-tasks: \d+ of \d+ tracked tasks are missing/);
    },
    PATIENCE,
  );
});

function play(project: string, name: string, kind: DatabaseKind): Promise<Run> {
  const server = kind === 'sqlite' ? [] : ['--database-server', SERVERS[kind].url];
  const args = [join(project, 'dist', 'sandbox', 'main.js'), '--wrong', name, ...server];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: project, timeout: PATIENCE }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    );
  });
}
