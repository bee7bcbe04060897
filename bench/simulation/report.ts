/** Writes the tables of docs/scale.md and its plots from the results. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMeasured } from '../../lib/plan/measured.js';
import { plan, PLAN_DEFAULTS, planWholeSwarms, type Plan, type PlannedStore } from '../../lib/plan/plan.js';
import { bytesText, figureText, numberText } from '../../lib/plan/text.js';
import { root } from '../paths.js';
import { svgOf } from '../report/svg.js';
import type { Curve, Series } from '../results.js';
import { agreements, type Agreement } from './agreement.js';
import type { CheckResults } from './check.js';
import { readResults } from './results.js';
import type { ScaleResults } from './scale.js';
import { SESSION_MODELS } from './sessions.js';
import type { SteadyResult, SteadyResults } from './steady.js';

const PAGE = join(root, 'docs/scale.md');
const IMAGES = join(root, 'docs/images');
const SIZES = [1e4, 1e5, 1e6, 9e6, 1e7, 1e8];
const CURVE_SIZES = [1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8];

type Row = readonly string[];

export function report(): Promise<void> {
  const rows: unknown = JSON.parse(readFileSync(join(root, 'bench/results.json'), 'utf8'));
  const storeCosts: unknown = JSON.parse(readFileSync(join(root, 'bench/store-costs/results.json'), 'utf8'));
  const scale = readResults('scale') as ScaleResults;
  const steady = readResults('steady') as SteadyResults;
  const measured = readMeasured({ rows, storeCosts, scale, steady });
  const planOf = (peers: number, store: PlannedStore, changes = {}): [ours: Plan, whole: Plan] => {
    const input = { ...PLAN_DEFAULTS, peers, store, ...changes };
    return [plan(input, measured), planWholeSwarms(input, measured)];
  };
  let page = readFileSync(PAGE, 'utf8');
  const fill = (name: string, table: string): void => {
    const [begin, end] = [`<!-- ${name}: generated -->`, `<!-- /${name} -->`];
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/scale.md has no place for ${name}`);
    page = `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
  };
  fill('check', checkTable(agreements(readResults('check') as CheckResults, measured)));
  fill('steady', steadyTable(steady));
  fill('riak', riakTable(SIZES.map((peers) => planOf(peers, 'riak'))));
  fill('money', moneyTable(planOf));
  fill('classes', classTable(scale));
  fill('slots', slotTable(scale));
  fill('purges', purgeTable(scale));
  fill('hot', hotTable(scale));
  writeFileSync(PAGE, page);
  const curve = (id: string, title: string, yLabel: string, series: Series[]): Curve => ({
    id,
    title,
    xLabel: 'peers',
    yLabel,
    series,
  });
  const points = (of: (peers: number) => number): Series['points'] =>
    CURVE_SIZES.map((peers) => [peers, of(peers)] as const);
  const curves = [
    curve('scale-operations', 'Bytes to and from the store a second', 'bytes a second', [
      { name: 'this tracker', points: points((n) => planOf(n, 'riak')[0].bytesPerSecond) },
      { name: 'whole swarms', points: points((n) => planOf(n, 'riak')[1].bytesPerSecond) },
    ]),
    curve('scale-requests', 'Store operations a second', 'operations a second', [
      { name: 'this tracker', points: points((n) => planOf(n, 'riak')[0].operationsPerSecond.middle) },
      {
        name: 'all remembered',
        points: points((n) => planOf(n, 'riak')[0].operationsPerSecond.low),
      },
      { name: 'whole swarms', points: points((n) => planOf(n, 'riak')[1].operationsPerSecond.middle) },
    ]),
    curve('scale-nodes', 'Riak nodes of 8 cores', 'nodes', [
      { name: 'this tracker', points: points((n) => planOf(n, 'riak')[0].nodes?.middle ?? 0) },
      { name: 'whole swarms', points: points((n) => planOf(n, 'riak')[1].nodes?.middle ?? 0) },
    ]),
    curve('scale-money', 'US dollars for 30 days on AWS', 'dollars', [
      { name: 'DynamoDB', points: points((n) => dollars(planOf(n, 'dynamodb', { shardPeers: 30 })[0])) },
      { name: 'S3', points: points((n) => dollars(planOf(n, 's3')[0])) },
      { name: 'whole, DynamoDB', points: points((n) => dollars(planOf(n, 'dynamodb')[1])) },
      { name: 'whole, S3', points: points((n) => dollars(planOf(n, 's3')[1])) },
    ]),
  ];
  for (const one of curves) writeFileSync(join(IMAGES, `${one.id}.svg`), svgOf(one));
  return Promise.resolve();
}

const CHECKED: Readonly<Record<Agreement['what'], readonly [name: string, text: (value: number) => string]>> =
  {
    announces: ['announces a second', numberText],
    operations: ['operations a second', numberText],
    bytesMoved: ['bytes a second', bytesText],
    bytesStored: ['bytes stored', bytesText],
    processor: ['processor time for an announce, us', numberText],
  };

function checkTable(rows: readonly Agreement[]): string {
  return table(
    ['store', 'figure', 'planned', 'counted', 'counted / planned', 'within a factor of'],
    rows.map(({ server, what, factor, planned, counted }) => {
      const [name, text] = CHECKED[what];
      const ratio = (counted / planned).toFixed(2);
      return [server, name, text(planned), text(counted), ratio, String(factor)];
    }),
  );
}

function steadyTable({ cases }: SteadyResults): string {
  const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`;
  return table(
    [
      'sessions',
      'peers',
      '`REFRESH_EVERY`',
      '`PEER_LIFETIME`',
      '`WARM_SECONDS`',
      'processes, store',
      'announces that say nothing new',
      'reads',
      'writes',
      'operations an announce',
      'gone peers in replies',
      'overdue peers in replies, gone ones of them',
    ],
    cases.map((one) => {
      const { acts, calls, returned, returnedGone, returnedOverdue, returnedOverdueGone } = one.counted;
      const announces = announcesOf(one);
      const each = (n: number): string => (n / announces).toFixed(2);
      const requests = one.requests === undefined ? '' : ` (${each(one.requests)} at its sockets)`;
      return [
        SESSION_MODELS[one.sessions].name,
        numberText(one.peers),
        String(one.refreshEvery),
        String(one.peerLifetimeSeconds),
        String(one.warmSeconds),
        `${one.processes}, ${one.store}`,
        share(acts.announce, announces),
        each(calls.reads),
        each(calls.writes),
        `${each(calls.reads + calls.writes + calls.counts)}${requests}`,
        share(returnedGone, returned),
        `${share(returnedOverdue, returned)}, ${share(returnedOverdueGone, returnedOverdue)}`,
      ];
    }),
  );
}

function announcesOf({ counted: { acts } }: SteadyResult): number {
  return acts.start + acts.announce + acts.complete + acts.stop;
}

function riakTable(plans: readonly (readonly [Plan, Plan])[]): string {
  return table(
    [
      'peers',
      'swarms, the largest',
      'announces a second',
      'runs a second, batched',
      'containers',
      'containers, batched',
      'operations a second',
      'whole swarms',
      'bytes stored',
      'bytes a second',
      'whole swarms',
      'nodes',
      'whole swarms',
    ],
    plans.map(([ours, whole], i) => [
      numberText(SIZES[i] ?? 0),
      `${numberText(ours.swarms)}, ${numberText(ours.largestSwarm)}`,
      figureText(ours.announcesPerSecond),
      optional(ours.batchedRunsPerSecond),
      figureText(ours.containers),
      optional(ours.batchedContainers),
      figureText(ours.operationsPerSecond),
      figureText(whole.operationsPerSecond),
      bytesText(ours.bytesStored),
      bytesText(ours.bytesPerSecond),
      bytesText(whole.bytesPerSecond),
      optional(ours.nodes),
      optional(whole.nodes),
    ]),
  );
}

function moneyTable(planOf: (peers: number, store: PlannedStore, changes?: object) => [Plan, Plan]): string {
  return table(
    [
      'peers',
      'S3',
      'S3, `REFRESH_EVERY=2`',
      'whole swarms, S3',
      'DynamoDB',
      'DynamoDB, `REFRESH_EVERY=2`',
      'whole swarms, DynamoDB',
      'LMDB processes',
    ],
    SIZES.map((peers) => {
      const on = (store: PlannedStore, changes = {}): [Plan, Plan] => planOf(peers, store, changes);
      const small = { shardPeers: 30 };
      const [, whole] = on('dynamodb');
      const lost =
        whole.impossible > 0.005 ? `, and ${Math.round(100 * whole.impossible)} % of peers not at all` : '';
      return [
        numberText(peers),
        optional(on('s3')[0].dollarsPerMonth),
        optional(on('s3', { refreshEvery: 2 })[0].dollarsPerMonth),
        optional(on('s3')[1].dollarsPerMonth),
        optional(on('dynamodb', small)[0].dollarsPerMonth),
        optional(on('dynamodb', { ...small, refreshEvery: 2 })[0].dollarsPerMonth),
        `${optional(whole.dollarsPerMonth)}${lost}`,
        figureText(on('lmdb')[0].containers),
      ];
    }),
  );
}

function classTable({ classes }: ScaleResults): string {
  return table(
    [
      'swarms of',
      'swarms',
      'peers',
      'simulated swarms',
      'announces',
      'operations an announce',
      'shards',
      'depths',
      'mean shard',
      'longest value',
    ],
    classes.map(({ name, swarms, peers, sampledSwarms, announces, operations, stored }) => [
      name,
      numberText(swarms),
      numberText(peers),
      numberText(sampledSwarms),
      numberText(announces),
      announces === 0 ? '-' : (operations / announces).toFixed(2),
      stored === undefined ? '-' : numberText(stored.shards),
      stored === undefined ? '-' : `${stored.minDepth} to ${stored.maxDepth}`,
      stored === undefined ? '-' : bytesText(stored.bytes / Math.max(1, stored.shards)),
      stored === undefined ? '-' : bytesText(stored.longestBytes),
    ]),
  );
}

function slotTable({ slots, slotSeconds }: ScaleResults): string {
  return table(
    [
      'minutes',
      'announces',
      'that start, complete or stop',
      'crashes',
      'reads an announce',
      'writes an announce',
      'bytes an announce',
      'gone peers in replies',
      'operations of the purge',
    ],
    slots.map(({ acts, calls, purgeCalls, returned, returnedGone }, i) => {
      const announces = acts.start + acts.announce + acts.complete + acts.stop;
      const minutes = slotSeconds / 60;
      return [
        `${i * minutes} to ${(i + 1) * minutes}`,
        numberText(announces),
        `${((100 * (announces - acts.announce)) / announces).toFixed(0)} %`,
        numberText(acts.crash),
        (calls.reads / announces).toFixed(2),
        (calls.writes / announces).toFixed(2),
        bytesText((calls.bytesRead + calls.bytesWritten) / announces),
        `${((100 * returnedGone) / returned).toFixed(1)} %`,
        numberText(purgeCalls.reads + purgeCalls.writes + purgeCalls.counts + purgeCalls.others),
      ];
    }),
  );
}

function purgeTable({ purges, slotSeconds, slots }: ScaleResults): string {
  const every = (slotSeconds * slots.length) / 60 / Math.max(1, purges.length);
  return table(
    ['purge', 'shards looked at', 'live peers', 'expired records dropped', 'shards merged', 'shards removed'],
    purges.map(({ shards, peers, recordsDropped, shardsMerged, shardsRemoved }, i) => [
      `after ${Math.round((i + 1) * every)} minutes`,
      numberText(shards),
      numberText(peers),
      numberText(recordsDropped),
      numberText(shardsMerged),
      numberText(shardsRemoved),
    ]),
  );
}

function hotTable({ hotKeys }: ScaleResults): string {
  return table(
    ['swarm by size', 'peers', 'key', 'operations a second'],
    hotKeys
      .slice(0, 12)
      .map(({ swarm, peers, shard, operationsASecond }) => [
        numberText(swarm),
        numberText(peers),
        shard.startsWith('v') ? `\`.${shard}\`, the list of a rare family` : `shard ${shard}`,
        operationsASecond.toFixed(2),
      ]),
  );
}

function table(head: Row, rows: readonly Row[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function dollars({ dollarsPerMonth }: Plan): number {
  return dollarsPerMonth?.middle ?? NaN;
}

function optional(figure: Parameters<typeof figureText>[0] | undefined): string {
  return figure === undefined ? '-' : figureText(figure);
}
