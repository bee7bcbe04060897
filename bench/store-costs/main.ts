/**
 * `npx tsx bench/store-costs/main.ts`: what an announce costs on S3 and on DynamoDB, from counted
 * operations and prices.ts, as the tables of docs/stores.md; and what 9,000,000 peers cost a month,
 * beside a design that reads and writes the whole swarm with each announce. The counts and the
 * prices are kept in results.json, where `npm run plan` reads them.
 */
import { writeFileSync } from 'node:fs';
import { commitLine } from '../machine.js';
import { announceCost, type AnnounceCost } from './measure.js';
import { prices } from './prices.js';

const peers = 9_000_000;
/** The default interval, and half of its jitter. */
const intervalSeconds = 1890;
const monthSeconds = 30 * 86_400;
const recordBytes = 31;
const headerBytes = 20;

const cases = [2, 30, 190, 1000, 5000].flatMap((swarmPeers) =>
  [192, 30].map((shardPeers) => ({ swarmPeers, shardPeers })),
);

const announcesAMonth = (peers / intervalSeconds) * monthSeconds;

interface Row {
  readonly swarmPeers: number;
  readonly shardPeers: number;
  readonly cold: AnnounceCost;
  readonly warm: AnnounceCost;
}

const rows: Row[] = [];
for (const { swarmPeers, shardPeers } of cases) {
  rows.push({
    swarmPeers,
    shardPeers,
    cold: await announceCost({ swarmPeers, shardPeers, warm: false }),
    warm: await announceCost({ swarmPeers, shardPeers, warm: true }),
  });
}

writeFileSync(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ date: new Date().toISOString(), commit: commitLine(), prices, cases: rows }, undefined, 2)}\n`,
);

console.log(
  '| peers of the swarm | SHARD_PEERS | S3 cold: PUT, GET | S3 warm | DynamoDB cold: write, read units | DynamoDB warm |',
);
console.log('|---|---|---|---|---|---|');
for (const { swarmPeers, shardPeers, cold, warm } of rows) {
  const cells = [
    swarmPeers,
    shardPeers,
    `${figure(cold.puts)}, ${figure(cold.gets)}`,
    `${figure(warm.puts)}, ${figure(warm.gets)}`,
    `${figure(cold.writeUnits)}, ${figure(cold.readUnits)}`,
    `${figure(warm.writeUnits)}, ${figure(warm.readUnits)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

console.log(
  `\n${peers} peers, ${Math.round(announcesAMonth / 1e6)} million announces in 30 days, US dollars:\n`,
);
console.log(
  '| all in swarms of | SHARD_PEERS | S3 cold | S3 warm | DynamoDB cold | DynamoDB warm | whole swarm, S3 | whole swarm, DynamoDB |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const { swarmPeers, shardPeers, cold, warm } of rows) {
  const whole = wholeSwarmCost(swarmPeers);
  const cells = [
    swarmPeers,
    shardPeers,
    ...[s3Price(cold), s3Price(warm), dynamoDbPrice(cold), dynamoDbPrice(warm)].map(monthly),
    ...[s3Price(whole), dynamoDbPrice(whole)].map(monthly),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
const gigabytes = (peers * recordBytes) / 1e9;
console.log(
  `\nBytes of ${peers} peers: ${figure(gigabytes)} GB and the keys: $${figure(gigabytes * prices.s3.gigabyteMonth)} on S3, $${figure(gigabytes * prices.dynamoDb.gigabyteMonth)} on DynamoDB a month.`,
);

/** One read and one write of all peers of the swarm, as bytes like ours. */
function wholeSwarmCost(swarmPeers: number): AnnounceCost {
  const bytes = headerBytes + swarmPeers * recordBytes;
  return { puts: 1, gets: 1, writeUnits: Math.ceil(bytes / 1024), readUnits: Math.ceil(bytes / 4096) };
}

function s3Price({ puts, gets }: AnnounceCost): number {
  return puts * prices.s3.put + gets * prices.s3.get;
}

function dynamoDbPrice({ writeUnits, readUnits }: AnnounceCost): number {
  return writeUnits * prices.dynamoDb.writeUnit + readUnits * prices.dynamoDb.readUnit;
}

function monthly(price: number): string {
  return Math.round(price * announcesAMonth).toLocaleString('en-US');
}

function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}
