import { decide } from './decide.js';
import { type Facts, REQUEST_FACTS, type RequestFact, RUN_FACTS, type RunFact } from './facts.js';

/** The conditions besides the two states, in the order in which the table lists them. */
export const CONDITIONS = {
  absenceDoubted: 'absence doubted',
  superseded: 'superseded',
  missingSettled: 'missing for long',
  reportDue: 'report due',
  deadlinePassed: 'past deadline',
  runsLeft: 'runs left',
  claimDue: 'claim due',
  shared: 'shared',
} as const satisfies Partial<Record<keyof Facts, string>>;

type Condition = keyof typeof CONDITIONS;
const NAMES = Object.keys(CONDITIONS) as Condition[];

/** All combinations of facts. */
export function* generateFacts(): Generator<Facts> {
  for (const request of REQUEST_FACTS) {
    for (const run of RUN_FACTS) yield* generateCellFacts(request, run);
  }
}

function* generateCellFacts(request: RequestFact, run: RunFact): Generator<Facts> {
  for (let bits = 0; bits < 2 ** NAMES.length; bits++) {
    const flags = Object.fromEntries(NAMES.map((name, index) => [name, ((bits >> index) & 1) === 1]));
    yield { request, run, ...(flags as Record<Condition, boolean>) };
  }
}

/** The decision function as a Markdown table: requests down, runs across. */
export function renderDecisionTable(): string {
  const rows = REQUEST_FACTS.map(
    (request) =>
      `| **${request}** | ${RUN_FACTS.map((run) => renderCell([...generateCellFacts(request, run)])).join(' | ')} |`,
  );
  return [
    `| request \\ run | ${RUN_FACTS.join(' | ')} |`,
    `| --- |${RUN_FACTS.map(() => ' --- |').join('')}`,
    ...rows,
  ].join('\n');
}

/** The verdicts of a set of facts, split by the first condition that matters. */
function renderCell(space: Facts[], names: readonly Condition[] = NAMES): string {
  const verdicts = new Set(space.map(decide));
  if (verdicts.size === 1) return [...verdicts].join('');
  const [name, ...others] = names;
  if (!name) throw new TypeError('the verdict depends on a fact that is not in CONDITIONS');
  const yes = renderCell(
    space.filter((facts) => facts[name]),
    others,
  );
  const no = renderCell(
    space.filter((facts) => !facts[name]),
    others,
  );
  if (yes === no) return yes;
  return `*${CONDITIONS[name]}:* ${yes}; ${no.includes(':') ? no : `*else* ${no}`}`;
}
