import { randomBytes } from 'node:crypto';

import { SignedClient } from '../aws/signed-client.js';
import type { Send } from '../aws/request.js';
import { StoreError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';
import { countIn, countKey, heldIn, inState, shardKey, type Item } from './items.js';
import { listKeys } from './listing.js';
import type { DynamoDbStoreOptions } from './options.js';
import { ask, ConditionFailed, type Reply } from './requests.js';

/** A key that no shard has: shards are named by infohashes. */
const absentKey = '~check';

/** Random bytes of a version: none is ever used twice. */
const versionBytes = 12;

type Ask = (action: string, request: object) => Promise<Reply>;

/**
 * Shards and counts in a table of DynamoDB, or of a server that speaks its API (items.ts). Nothing
 * is connected before the first call.
 *
 * A put is conditional on the version, a text that every write changes, so of writers that know the
 * same state one wins, and the others are shown what it wrote. Reads are consistent. A count is
 * added to by the server, and what adds is sent once: if its answer is lost, it has counted or not,
 * and the call fails.
 */
export function openDynamoDbStore(options: DynamoDbStoreOptions): Store {
  return new DynamoDbStore(options);
}

class DynamoDbStore implements Store {
  private readonly client: SignedClient;

  constructor(private readonly options: DynamoDbStoreOptions) {
    this.client = new SignedClient('dynamodb', options);
  }

  fetch(key: string): Promise<Held> {
    return this.call((askFor) => read(askFor, key));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    return this.call(async (askFor) => {
      const next = randomBytes(versionBytes).toString('base64');
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      try {
        await askFor('PutItem', {
          Item: { ...shardKey(key), v: { B: bytes.toString('base64') }, n: { S: next } },
          ...inState(version === undefined ? undefined : textOf(version)),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        });
      } catch (error) {
        const held = await heldInstead(error, askFor, key);
        // Its own write is what is there: it came twice, or its first answer was lost.
        if (held.version !== next) return { stored: false, ...held };
      }
      return { stored: true, values: [value], version: next };
    });
  }

  remove(key: string, version: Version): Promise<void> {
    return this.call(async (askFor) => {
      try {
        await askFor('DeleteItem', { Key: shardKey(key), ...inState(textOf(version)) });
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    });
  }

  increment(key: string, by: number): Promise<void> {
    return this.call(async (askFor) => {
      await askFor('UpdateItem', {
        Key: countKey(key),
        UpdateExpression: 'ADD c :by',
        ExpressionAttributeValues: { ':by': { N: String(by) } },
      });
    });
  }

  count(key: string): Promise<number> {
    return this.call(async (askFor) =>
      countIn((await askFor('GetItem', { Key: countKey(key), ConsistentRead: true })).Item),
    );
  }

  /** Sent once: without a condition, what comes late would take later increments with it. */
  removeCount(key: string): Promise<void> {
    return this.call(async (askFor) => {
      await askFor('DeleteItem', { Key: countKey(key) });
    });
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    if (range.from >= range.to) return Promise.resolve({ keys: [] });
    return this.call(
      (askFor) => listKeys((request) => askFor('Query', request), range, cursor, limit),
      this.options.keysTimeoutMs,
    );
  }

  /** Reads as an announce does. */
  async check(): Promise<void> {
    await this.fetch(absentKey);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private call<T>(work: (askFor: Ask) => Promise<T>, timeoutMs = this.options.callTimeoutMs): Promise<T> {
    const inTable = (send: Send): Ask => {
      return (action, request) => ask(send, action, { TableName: this.options.table, ...request });
    };
    return this.client.call(timeoutMs, (send) => work(inTable(send)));
  }
}

async function read(askFor: Ask, key: string): Promise<Held> {
  return heldIn((await askFor('GetItem', { Key: shardKey(key), ConsistentRead: true })).Item);
}

/**
 * What is there in the place of a write whose condition failed. Some servers do not show it, and
 * none shows what is absent.
 * @throws the error, if it is another one
 */
async function heldInstead(error: unknown, askFor: Ask, key: string): Promise<Held> {
  if (!(error instanceof ConditionFailed)) throw error;
  const item: Item | undefined = error.item;
  return item === undefined ? await read(askFor, key) : heldIn(item);
}

function textOf(version: Version): string {
  if (typeof version !== 'string') throw new StoreError('a version that is not from this store');
  return version;
}
