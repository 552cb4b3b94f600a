import { Logger } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { historyOfSeed } from './campaign.js';
import { run } from './history/run.js';
import { ruleOf, shrink } from './history/shrink.js';

it('runs', async () => {
  Logger.overrideLogger(false);
  const n = Number(process.env.N ?? 300);
  const s0 = Number(process.env.S ?? 1);
  const rules = new Map<string, number[]>();
  const ends = new Map<string, number>();
  const t0 = Date.now();
  let lasted = 0;
  for (const seed of process.env.SEEDS ? process.env.SEEDS.split(',').map(Number) : Array.from({ length: n }, (_, i) => s0 + i)) {
    const out = await run(historyOfSeed(seed));
    lasted += out.lasted;
    for (const end of out.ends) ends.set(end, (ends.get(end) ?? 0) + 1);
    const v = out.violations[0];
    if (v) rules.set(ruleOf(v), [...(rules.get(ruleOf(v)) ?? []), seed]);
  }
  console.log((Date.now() - t0) / n, 'ms each', lasted / n, [...ends], [...rules].map(([r, l]) => `${r} ${l.length} ${l.slice(0, 5)}`).join('\n'));
  if (process.env.SHRINK) {
    for (const [rule, seeds] of rules) {
      let best;
      for (const seed of seeds.slice(0, 6)) {
        const h = await shrink(historyOfSeed(seed), rule);
        if (!best || h.steps.length < best.steps.length) best = h;
      }
      const out = await run(best!);
      console.log(rule, out.violations, best!.seed, best!.endsSilent, best!.steps.map((s) => `${s.op} ${s.a} ${s.b} ${s.c}`).join('\n'));
    }
  }
  if (process.env.TRACE) {
    const { World } = await import('./world/world.js');
    const { perform } = await import('./history/perform.js');
    const { heal } = await import('./history/heal.js');
    const { Random } = await import('./random.js');
    const { stateOf } = await import('./world/farm.js');
    const seed = Number(process.env.TRACE);
    const full = historyOfSeed(seed);
    const first = (await run(full)).violations[0]!;
    const h = await shrink(full, ruleOf(first));
    const random = new Random(h.seed ^ 0x5eed);
    Math.random = random.next;
    const w = new World({ idLimit: h.idLimit });
    let last = '';
    const lines: string[] = [];
    const show = (op: string) => {
      const calls = w.instances.map((i, n) => (i.gate.calls.length ? `  ${n} ${i.service}: ${i.gate.calls.splice(0).map((c) => c.name).join(' ')}` : '')).filter(Boolean);
      const st = JSON.stringify({
        tasks: w.taskIds.map((t) => w.statusOf(t)!.runs.map((r) => `${r.state}/${r.reasonResolved}/${r.takenUntil ? r.takenUntil - w.now() : ''}`)),
        rows: [...w.rows.rows.values()].map(({ taskId, createdDate, processedDate, ...r }) => r),
        farm: [...w.farm.requests.values()].map((r) => ({ id: r.requestId, run: r.order.createdForRunId, claimed: r.claimedAt && r.claimedBy?.master, builds: r.builds.map((b) => `${b.buildId}#${b.number}@${b.master} ${b.outcome}`), ...stateOf(r) })),
        bus: w.bus.messages.map((m) => m.subscription + (m.isOut ? '*' : '')),
        kept: [...w.kept.kept.values()].map((m) => `${m.state} ${m.subscription} ${m.error} ${(m.nextAttempt ?? 0) - w.now()}`),
        jobs: w.agent.jobs,
        turns: [...w.turns],
      });
      if (st !== last || calls.length) lines.push(`${w.now() - 1500000000} ${op}\n${calls.join('\n')}\n     ${st === last ? '' : st}`);
      last = st;
    };
    w.instances.forEach((i) => (i.gate.recording = true));
    for (const s of h.steps) {
      await perform(w, s);
      show(`${s.op} ${s.a} ${s.b} ${s.c}`);
      if (w.watch.violations.length) break;
    }
    const adv = w.advance.bind(w);
    w.advance = async (a: number, b?: number) => { show('heal'); await adv(a, b); show('heal+'); };
    if (!w.watch.violations.length) await heal(w, { random, isSilent: h.endsSilent, results: [0, 0, 0, 2] });
    show('end');
    console.log(h.steps.map((s) => `${s.op} ${s.a} ${s.b} ${s.c}`).join('\n'), '\n', lines.slice(0, 60).join('\n'), lines.slice(-4).join('\n'), w.watch.violations);
  }
  expect(1).toBe(1);
}, 600000);
