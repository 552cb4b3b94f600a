import type { Finding } from './audit.js';
import type { ChaosOptions } from './options.js';
import type { Tally } from './counters.js';

interface Outcome {
  options: ChaosOptions;
  tasks: number;
  tally: Tally;
  findings: readonly Finding[];
  /** Runs; not counted where it is left out. */
  claimsExpired?: number;
  /** Those of them that a reflector could have reclaimed. */
  claimsExpiredNeedlessly?: number;
  /** What is left, by its name; each must be 0. */
  rest: Readonly<Record<string, number>>;
  secondsOfCalm: number;
  /** Exit codes of the instances when they were stopped in the end. */
  exits: readonly (number | string | null)[];
}

/** Everything there is to say about a run. */
export interface Figures {
  options: Partial<ChaosOptions>;
  tasks: number;
  /** Seconds from the last fault until everything was at rest. */
  secondsOfCalm: number;
  lost: number;
  stuck: number;
  /** Runs; none may with faults of a course, because some instance can always keep the claims. */
  claimsExpired: number;
  /** None may in any case. */
  claimsExpiredNeedlessly: number;
  duplicated: number;
  wrong: number;
  diedByThemselves: number;
  unclean: number;
  rest: Readonly<Record<string, number>>;
  counts: Record<string, number>;
  findings: readonly Finding[];
  isRight: boolean;
}

export function figuresOf(outcome: Outcome): Figures {
  const { options, tasks, tally, findings, rest, secondsOfCalm, exits } = outcome;
  const { claimsExpired = 0, claimsExpiredNeedlessly = 0 } = outcome;
  const tasksThat = (wrong: Finding['wrong']) =>
    new Set(findings.filter((finding) => finding.wrong === wrong).map(({ taskId }) => taskId)).size;
  const { json: _json, keep: _keep, ...told } = options;
  const figures = {
    options: told,
    tasks,
    secondsOfCalm: Math.round(secondsOfCalm * 10) / 10,
    lost: tasksThat('lost'),
    stuck: tasksThat('stuck'),
    claimsExpired,
    claimsExpiredNeedlessly,
    duplicated: tasksThat('duplicated'),
    wrong: tasksThat('wrong'),
    diedByThemselves: tally.sum('died by itself'),
    unclean: exits.filter((code) => code !== 0).length,
    rest,
    counts: tally.all(),
    findings,
  };
  const left = Object.values(rest).some((count) => count > 0);
  const mayExpire = options.faults === 'all';
  const isRight =
    tasks > 0 &&
    findings.length === 0 &&
    (mayExpire || claimsExpired === 0) &&
    claimsExpiredNeedlessly === 0 &&
    !left &&
    figures.diedByThemselves === 0 &&
    figures.unclean === 0;
  return { ...figures, isRight };
}

export function print(figures: Figures): void {
  const { options, rest, counts, findings } = figures;
  const write = (text: string) => process.stdout.write(`${text}\n`);
  write(
    `\n${Object.entries(options)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}\n`,
  );
  for (const [name, count] of Object.entries(counts)) write(`${String(count).padStart(7)}  ${name}`);
  write(`\n${figures.tasks} tasks; all ended ${figures.secondsOfCalm} s after the last fault.`);
  write(
    `Left: ${Object.entries(rest)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}.`,
  );
  write(
    `Instances that crashed: ${figures.diedByThemselves}; that did not stop with exit code 0: ${figures.unclean}.`,
  );
  for (const { taskId, wrong, why } of findings.slice(0, 50))
    write(`${wrong.toUpperCase()} ${taskId}: ${why}`);
  write(
    `lost ${figures.lost}, stuck ${figures.stuck}, duplicated ${figures.duplicated}, wrong ${figures.wrong}, claims expired ${figures.claimsExpired}, ` +
      `of them while a reflector could reclaim ${figures.claimsExpiredNeedlessly}`,
  );
}
