import { systemClock } from '../../../environment.js';
import { note, ok, wrong, type Finding } from '../../../finding.js';
import { clockFinding } from '../../aws/examine/clock.js';
import { raceOfWriters, raceWithRemoval, writers } from '../../aws/examine/races.js';
import { failed, type ApiWords } from '../../aws/examine/remedies.js';
import { SignedClient } from '../../aws/signed-client.js';
import type { Answer } from '../../aws/request.js';
import type { Store } from '../../store.js';
import { testKey } from '../../test-key.js';
import { openDynamoDbStore } from '../dynamodb-store.js';
import { countKey, shardKey } from '../items.js';
import type { DynamoDbSettingsOptions } from '../options.js';
import { ask, type Reply } from '../requests.js';

const words: ApiWords = {
  create: 'node deploy/dynamodb/create.mjs makes it',
  permissions: 'dynamodb:GetItem, PutItem, DeleteItem, UpdateItem, Query and DescribeTable on the table',
};

const otherServer = 'use another server: this one loses announces (docs/dynamodb.md has those that do not)';

const wantedSchema = [
  { AttributeName: 'p', KeyType: 'HASH' },
  { AttributeName: 'k', KeyType: 'RANGE' },
];

/**
 * Looks at a table as the tracker would use it: whether it is there, has the right keys and lets
 * this key in, the clock, each kind of request, and whether of writers at once exactly one wins.
 * What it wrote it removes again.
 */
export async function* examineDynamoDb(deployment: DynamoDbSettingsOptions): AsyncGenerator<Finding> {
  const options = { ...deployment, clock: systemClock, random: Math.random, maxConnections: writers };
  const client = new SignedClient('dynamodb', options);
  const store = openDynamoDbStore(options);
  const trial = new Trial(client, store, deployment);
  try {
    const table = await trial.table();
    yield* table.findings;
    if (!table.usable) return;
    const written = await trial.writes();
    yield written;
    if (written.verdict !== 'ok') return;
    yield await trial.race();
    yield await trial.removal();
    yield await trial.listing();
    yield await trial.counts();
  } finally {
    await trial.cleanUp();
    await Promise.all([store.close(), client.close()]);
  }
}

class Trial {
  private readonly keys: string[] = [];
  private readonly counted = testKey();
  private clockAheadSeconds: number | undefined;

  constructor(
    private readonly client: SignedClient,
    private readonly store: Store,
    private readonly deployment: DynamoDbSettingsOptions,
  ) {}

  async table(): Promise<{ usable: boolean; findings: Finding[] }> {
    const subject = `table ${this.deployment.table} at ${this.deployment.endpoint.host}`;
    const started = performance.now();
    try {
      await this.store.check();
    } catch (error) {
      return { usable: false, findings: [failed(subject, error, words)] };
    }
    const there = ok(subject, `is there, answered in ${Math.round(performance.now() - started)} ms`);
    return { usable: true, findings: [there, ...(await this.description(subject))] };
  }

  private async description(subject: string): Promise<Finding[]> {
    try {
      const { Table: { TableStatus, KeySchema } = {} } = await this.ask('DescribeTable', {});
      const clock = clockFinding(this.clockAheadSeconds);
      if (!isWanted(KeySchema)) {
        const remedy = `set DYNAMODB_TABLE to another name; ${words.create}`;
        return [wrong(subject, 'has other keys than p (partition) and k (sort)', remedy), clock];
      }
      return TableStatus === 'ACTIVE'
        ? [clock]
        : [note(subject, `is ${TableStatus ?? 'in no state'}`), clock];
    } catch (error) {
      // A key that may do nothing else but what announces need is a good one.
      return [note(subject, `cannot be described: ${error instanceof Error ? error.message : ''}`)];
    }
  }

  /** That a write gets through, and that the conditional ones fail that must. */
  writes(): Promise<Finding> {
    const subject = `conditional writes to ${this.deployment.table}`;
    return attempt(subject, async () => {
      const { store } = this;
      const key = this.key();
      const first = await store.put(key, Uint8Array.of(1));
      const second = await store.put(key, Uint8Array.of(1), first.version);
      const blind = await store.put(key, Uint8Array.of(2));
      const stale = await store.put(key, Uint8Array.of(3), first.version);
      if (!second.stored) return wrong(subject, 'are refused that should not be', otherServer);
      if (blind.stored || stale.stored)
        return wrong(subject, 'are done though their condition fails', otherServer);
      return ok(subject, 'are done and refused as they should be');
    });
  }

  race(): Promise<Finding> {
    const subject = `${writers} writers at once`;
    return attempt(subject, async () => {
      const { rounds, lost } = await raceOfWriters(this.store, this.key());
      return lost === 0
        ? ok(subject, `lose nothing in ${rounds} rounds`)
        : wrong(subject, `lose what was answered in ${lost} of ${rounds} rounds`, otherServer);
    });
  }

  removal(): Promise<Finding> {
    const subject = 'a removal beside a write';
    return attempt(subject, async () => {
      const { rounds, lost } = await raceWithRemoval(this.store, () => this.key());
      return lost === 0
        ? ok(subject, `loses no write in ${rounds} rounds`)
        : wrong(subject, `loses the write in ${lost} of ${rounds} rounds`, otherServer);
    });
  }

  /**
   * Not by the store: it lists the partitions of infohashes only, where nothing is written to try
   * things out.
   */
  listing(): Promise<Finding> {
    const subject = 'a query for keys';
    return attempt(subject, async () => {
      const base = this.key();
      const keys = [base, `${base}.1`, `${base}.10`, `${base}.2`];
      for (const key of keys) {
        this.keys.push(key);
        await this.store.put(key, Uint8Array.of(1));
      }
      const { Items = [] } = await this.ask('Query', {
        KeyConditionExpression: 'p = :p AND k BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':p': shardKey(base).p,
          ':from': { S: base },
          ':to': { S: `${base}~` },
        },
        ProjectionExpression: 'k',
        ConsistentRead: true,
      });
      const listed = Items.map(({ k }) => k?.S ?? '');
      return listed.join() === keys.join()
        ? ok(subject, 'is whole and in order')
        : wrong(subject, `has ${listed.join(' ')}`, 'use another server: purges miss swarms');
    });
  }

  counts(): Promise<Finding> {
    const subject = 'a download count';
    return attempt(subject, async () => {
      await this.store.increment(this.counted, 2);
      await this.store.increment(this.counted, 1);
      const count = await this.store.count(this.counted);
      return count === 3
        ? ok(subject, 'counts')
        : wrong(subject, `is ${count} after 2 and 1 were added`, otherServer);
    });
  }

  async cleanUp(): Promise<void> {
    const made = [...this.keys.map(shardKey), countKey(this.counted)];
    await Promise.allSettled(made.map((Key) => this.ask('DeleteItem', { Key })));
  }

  private key(): string {
    const key = testKey();
    this.keys.push(key);
    return key;
  }

  private ask(action: string, request: object): Promise<Reply> {
    const { table, callTimeoutMs } = this.deployment;
    return this.client.call(callTimeoutMs, (send) =>
      ask(
        async (outgoing): Promise<Answer> => {
          const answer = await send(outgoing);
          this.clockAheadSeconds = answer.clockAheadSeconds;
          return answer;
        },
        action,
        { TableName: table, ...request },
      ),
    );
  }
}

function isWanted(schema: unknown): boolean {
  return JSON.stringify(schema) === JSON.stringify(wantedSchema);
}

async function attempt(subject: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return failed(subject, error, words);
  }
}
