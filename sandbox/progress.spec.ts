import { describe, expect, it } from '@jest/globals';
import { stripVTControlCharacters } from 'node:util';
import { SCENARIOS, type Scenario } from './mix.js';
import { type Output, Progress } from './progress.js';
import type { Actor } from './story.js';

/** Notes what is written; a terminal of this width and height, or a file. */
class Paper implements Output {
  text = '';
  readonly isTTY: boolean;
  constructor(
    readonly columns?: number,
    readonly rows?: number,
  ) {
    this.isTTY = columns !== undefined;
  }
  write(text: string) {
    this.text += text;
  }
  /** What a person sees: without what was erased, colours and the like. */
  get screen(): string[] {
    const last = this.text.slice(this.text.lastIndexOf('\x1b[J') + 1).replace(/^\[J/, '');
    return stripVTControlCharacters(last).split('\n');
  }
}

const ends = (scenario: Scenario) => ({ taskcluster: scenario.taskcluster, buildbot: scenario.buildbot });

function actors(seen: (scenario: Scenario) => { taskcluster: string; buildbot: string } = ends): Actor[] {
  return SCENARIOS.map((scenario, index) => ({
    taskId: String(index),
    scenario,
    done: 0,
    seen: { taskId: String(index), taskState: 'any', requests: [], ...seen(scenario) },
  }));
}
const underWay = () => ({ taskcluster: 'running', buildbot: 'building #0' });

describe('progress', () => {
  it.each([40, 80, 120, 200])('has no line that a terminal of %i columns would wrap', (columns) => {
    const paper = new Paper(columns, 50);
    const progress = new Progress(paper, SCENARIOS, {});
    progress.show(actors(), 1);
    const table = paper.screen;
    progress.printSummary(actors(underWay), 2);
    for (const line of [...table.slice(2), ...paper.screen.slice(5, -3)])
      expect(line.length).toBeLessThan(columns);
    expect(table.join('\n')).toContain(columns < 100 ? '…' : 'cancelled in Taskcluster during the build');
    if (columns >= 80) expect(table.filter((line) => line.endsWith('SUCCESS'))).not.toEqual([]);
  });

  it('draws over what it has drawn, and leaves room for the tasks that are under way', () => {
    const paper = new Paper(120, 15);
    const progress = new Progress(paper, SCENARIOS, {});
    progress.show(actors(), 1);
    expect(paper.screen.length).toBeLessThan(15);
    progress.show(
      actors((scenario) => (scenario.name === 'deadline passed' ? underWay() : ends(scenario))),
      2,
    );
    expect(paper.screen.slice(3, -1)).toEqual([expect.stringMatching(/^· +\d+ deadline passed +running/)]);
  });

  it('has colours on a terminal only, and none where they are not wanted', () => {
    const coloured = (paper: Paper, environment: Record<string, string>) => {
      const progress = new Progress(paper, SCENARIOS, environment);
      progress.show(actors(), 1);
      progress.printSummary(actors(), 1);
      return paper.text.includes('\x1b[3');
    };
    expect(coloured(new Paper(80, 50), {})).toBe(true);
    expect(coloured(new Paper(80, 50), { NO_COLOR: '1' })).toBe(false);
    const file = new Paper();
    expect(coloured(file, {})).toBe(false);
    expect(file.text).not.toContain('\x1b');
  });

  it('tells each change once where there is no terminal', () => {
    const paper = new Paper();
    const progress = new Progress(paper, SCENARIOS, {});
    progress.show(actors(underWay), 1);
    progress.show(actors(underWay), 2);
    expect(paper.text.trimEnd().split('\n')).toHaveLength(SCENARIOS.length);
    progress.show(actors(), 3);
    expect(paper.text).toMatch(/^ {3}3\.0 s {2} 1 success +completed +SUCCESS$/m);
  });

  it.each([[undefined], [120]])('sums up with both ends of what went wrong (columns: %p)', (columns) => {
    const paper = new Paper(columns, 50);
    const progress = new Progress(paper, SCENARIOS, { NO_COLOR: '1' });
    const [first, ...rest] = actors();
    const stuck = { ...first!, seen: { ...first!.seen!, ...underWay() } };
    expect(progress.printSummary([stuck, ...rest], 4)).toBe(1);
    expect(paper.text).toMatch(
      /^(WRONG|✗) {2}1 success +running +building #0\n +expected +completed +SUCCESS$/m,
    );
    expect(paper.text).toContain(`${rest.length} of ${rest.length + 1} tasks ended as expected`);
    expect(progress.printSummary(rest, 4)).toBe(0);
  });
});
