import { readFileSync } from 'node:fs';
import { expect } from 'chai';

import { agreements } from '../../bench/simulation/agreement.js';
import type { CheckResults } from '../../bench/simulation/check.js';
import { planCommand } from '../../lib/plan/command.js';
import { readMeasured, ResultsError, type ResultFiles } from '../../lib/plan/measured.js';
import { plan, PLAN_DEFAULTS, planWholeSwarms, type Plan, type PlanInput } from '../../lib/plan/plan.js';
import { siteSizes, sizeClasses } from '../../lib/plan/swarm-sizes.js';

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
}

const files: ResultFiles = {
  rows: readJson('bench/results.json'),
  storeCosts: readJson('bench/store-costs/results.json'),
  scale: readJson('bench/simulation/results/scale.json'),
  steady: readJson('bench/simulation/results/steady.json'),
};
const measured = readMeasured(files);
const planFor = (changes: Partial<PlanInput>) => plan({ ...PLAN_DEFAULTS, ...changes }, measured);

/** The middle figure of a line of bench/results.json. */
function line(id: string): number {
  const rows = files.rows as readonly { lines: readonly { id: string; ours: { median: number } }[] }[];
  const found = rows.flatMap(({ lines }) => lines).find((one) => one.id === id);
  return found?.ours.median ?? expect.fail(`no line ${id}`);
}

describe('a plan', () => {
  it('has for 9,000,000 peers the announces that the row headline makes', () => {
    const { low, high } = planFor({ peers: 9e6 }).announcesPerSecond;
    expect(line('headline/rate')).to.be.within(low, high);
  });

  it('has for them on LMDB the bytes that were on the disk then, and one process that could answer', () => {
    const { bytesStored, containers } = planFor({ peers: 9e6, store: 'lmdb' });
    expect(bytesStored / 2 ** 30).to.be.closeTo(line('headline/disk'), 0.001);
    expect(containers.middle).to.equal(1);
  });

  it('has what a site on each kind of store counted, within the factors that docs/scale.md states', () => {
    const rows = agreements(readJson('bench/simulation/results/check.json') as CheckResults, measured);
    expect(new Set(rows.map(({ store }) => store))).to.deep.equal(
      new Set(['lmdb', 'riak', 's3', 'dynamodb']),
    );
    for (const { server, what, factor, planned, counted } of rows) {
      expect(counted / planned, `${what} on ${server}`).to.be.within(1 / factor, factor);
    }
  });

  it('has more announces where more of them start, complete or stop', () => {
    const [few, many] = [planFor({ eventPercent: 0 }), planFor({ eventPercent: 25 })];
    expect(few.announcesPerSecond.high).to.be.closeTo(1e6 / 1800, 1e-6);
    expect(many.announcesPerSecond.middle * 0.75).to.be.closeTo(few.announcesPerSecond.middle, 1e-6);
  });

  it('takes operations, processor times and rates from the results and nowhere else', () => {
    const rows = JSON.parse(
      JSON.stringify(files.rows).replaceAll(
        /"(median|min|max)":([\d.e-]+)/g,
        (_, name, n) => `"${String(name)}":${2 * Number(n)}`,
      ),
    ) as unknown;
    const doubled = readMeasured({ ...files, rows });
    const peers = 1e8;
    const [once, twice] = [planFor({ peers }), plan({ ...PLAN_DEFAULTS, peers }, doubled)];
    expect(twice.operationsPerSecond.low).to.be.closeTo(2 * once.operationsPerSecond.low, 1e-6);
    // Twice the time for an announce, and half of the time for a run beside it.
    const announcing = ({ batchedContainers }: Plan): number => batchedContainers?.high ?? NaN;
    expect(announcing(twice)).to.be.closeTo(2 * announcing(once), 1);
    const running = (one: Plan): number => one.containers.high - announcing(one);
    expect(running(twice)).to.be.closeTo(running(once) / 2, 1);
  });

  it('grows with the peers, and less per peer than a design that reads and writes whole swarms', () => {
    let last = 0;
    for (const peers of [1e4, 1e5, 1e6, 1e7, 1e8]) {
      const ours = planFor({ peers });
      const whole = planWholeSwarms({ ...PLAN_DEFAULTS, peers }, measured);
      expect(ours.operationsPerSecond.middle).to.be.above(last);
      last = ours.operationsPerSecond.middle;
      expect(ours.bytesPerSecond).to.be.below(whole.bytesPerSecond);
      expect(ours.nodes?.middle ?? NaN).to.be.at.most(whole.nodes?.middle ?? NaN);
    }
  });

  it('halves announces and operations when the interval is twice as long', () => {
    const [short, long] = [planFor({ intervalSeconds: 1800 }), planFor({ intervalSeconds: 3600 })];
    expect(long.announcesPerSecond.middle * 2).to.be.closeTo(short.announcesPerSecond.middle, 1e-6);
    expect(long.operationsPerSecond.middle * 2).to.be.closeTo(short.operationsPerSecond.middle, 1e-6);
  });

  it('costs less where fewer announces are written', () => {
    for (const store of ['s3', 'dynamodb'] as const) {
      const [all, half] = [planFor({ store }), planFor({ store, refreshEvery: 2 })];
      expect(half.dollarsPerMonth?.middle ?? NaN).to.be.below(all.dollarsPerMonth?.middle ?? NaN);
    }
    expect(() => planFor({ refreshEvery: 7 })).to.throw(RangeError, 'not simulated');
  });

  it('says which peers of whole swarms DynamoDB cannot hold', () => {
    const input = { ...PLAN_DEFAULTS, store: 'dynamodb' as const };
    expect(planWholeSwarms({ ...input, peers: 1e4 }, measured).impossible).to.equal(0);
    expect(planWholeSwarms({ ...input, peers: 1e8 }, measured).impossible).to.be.above(0.05);
  });

  it('needs results that have what it is made from', () => {
    expect(() => readMeasured({ ...files, rows: [] })).to.throw(ResultsError, 'no line');
    expect(() => readMeasured({ ...files, scale: {} })).to.throw(ResultsError, 'classes');
  });
});

describe('the swarms of a site', () => {
  it('have all of its peers, in classes as one by one', () => {
    for (const peers of [100, 10_000, 1_000_000]) {
      const sizes = siteSizes(peers);
      expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(peers * 0.97, peers);
      const classes = sizeClasses(peers);
      const sum = (of: (one: { peers: number; swarms: number }) => number): number =>
        classes.reduce((total, one) => total + of(one), 0);
      expect(sum(({ swarms }) => swarms)).to.equal(sizes.length);
      expect(sum((one) => one.peers * one.swarms)).to.be.closeTo(peers, peers * 0.001);
      expect(classes[0]?.peers ?? NaN).to.be.closeTo(sizes[0] ?? NaN, (sizes[0] ?? 0) * 0.2);
    }
  });
});

describe('npm run plan', () => {
  const never = (): ResultFiles => expect.fail('no file is read for wrong arguments');

  it('prints a plan beside one with whole swarms', () => {
    const { text, status } = planCommand(
      ['--peers', '9e6', '--interval', '1800', '--store', 'riak'],
      () => files,
    );
    expect(status).to.equal(0);
    expect(text)
      .to.include('9,000,000 peers')
      .and.to.include('announces a second')
      .and.to.include('nodes of 8 cores');
  });

  it('says what it takes if it was given anything else', () => {
    for (const args of [
      ['--peers', 'many'],
      ['--peers', ''],
      ['--store', 'disk'],
      ['--load', '-1'],
      ['--events', '100'],
      ['--what'],
      ['9e6'],
    ]) {
      const { text, status } = planCommand(args, never);
      expect(status, args.join(' ')).to.equal(2);
      expect(text).to.include('Usage: npm run plan');
    }
  });

  it('says which results are missing', () => {
    const { text, status } = planCommand([], () => ({ ...files, rows: [] }));
    expect(status).to.equal(1);
    expect(text).to.include('bench/results.json has no line');
  });
});
