import { askTracker } from '../../admin/client.js';
import type { Parameters } from '../../admin/protocol.js';
import { POLICY_PREFIX } from '../../policy/lists/list-index.js';
import { StoreError } from '../../store/errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../../store/store.js';

/** The part of a store that lists and keys are kept with. */
export type PolicyStore = Pick<
  Store,
  'fetch' | 'put' | 'remove' | 'keys' | 'increment' | 'count' | 'removeCount'
>;

/** As JSON has it; bytes are base64. Only of stores whose versions JSON can have. */
interface HeldJson {
  readonly values: readonly string[];
  readonly version?: Version;
  readonly stored?: boolean;
}

/**
 * One operation on a store for another process, which may touch nothing but policies, and counts.
 * @param parameters `operation` with `key`, `version` and `value`, with `range`, `cursor` and
 *   `limit`, or with `count` and `by`
 */
export async function policyStoreCommand(store: Store, parameters: Parameters): Promise<unknown> {
  const { operation, value, version } = parameters;
  if (operation === 'keys') {
    const { range, cursor, limit } = parameters as { range: KeyRange; cursor?: string; limit: number };
    return store.keys({ from: policyKey(range.from), to: policyKey(range.to) }, cursor, limit);
  }
  if (parameters['count'] !== undefined) return countCommand(store, parameters);
  const key = policyKey(parameters['key']);
  switch (operation) {
    case 'fetch':
      return jsonOf(await store.fetch(key, 'strong'));
    case 'put': {
      const bytes = Buffer.from(String(value), 'base64');
      return jsonOf(await store.put(key, bytes, version as Version | undefined));
    }
    case 'remove':
      return store.remove(key, version as Version);
    default:
      throw new Error('no operation on a store');
  }
}

async function countCommand(store: Store, { operation, count, by }: Parameters): Promise<unknown> {
  if (typeof count !== 'string' || !/^[0-9a-f]{40}$/.test(count)) throw new Error('no name of a count');
  if (operation === 'count') return store.count(count);
  if (operation === 'removeCount') return store.removeCount?.(count);
  if (operation === 'increment' && Number.isSafeInteger(by)) return store.increment(count, Number(by));
  throw new Error('no operation on a store');
}

/** Lists and keys in the store of a running tracker, which does each operation for this process. */
export class AdminPolicyStore implements PolicyStore {
  /** The last operation: one follows the other, as the tracker takes few connections. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly socket: string) {}

  async fetch(key: string): Promise<Held> {
    return heldOf(await this.ask({ operation: 'fetch', key }));
  }

  async put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    const parameters = { operation: 'put', key, value: Buffer.from(value).toString('base64'), version };
    const json = (await this.ask(parameters)) as HeldJson;
    return { ...heldOf(json), stored: json.stored === true };
  }

  async remove(key: string, version: Version): Promise<void> {
    await this.ask({ operation: 'remove', key, version });
  }

  async keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return (await this.ask({ operation: 'keys', range, cursor, limit })) as KeyPage;
  }

  async increment(count: string, by: number): Promise<void> {
    await this.ask({ operation: 'increment', count, by });
  }

  async count(count: string): Promise<number> {
    return Number(await this.ask({ operation: 'count', count }));
  }

  async removeCount(count: string): Promise<void> {
    await this.ask({ operation: 'removeCount', count });
  }

  private ask(parameters: Parameters): Promise<unknown> {
    const asked = this.last.then(async () => {
      const answer = await askTracker(this.socket, 'policy-store', parameters);
      if (answer === undefined) throw new StoreError('the tracker ended meanwhile');
      return answer.result;
    });
    this.last = asked.catch(() => undefined);
    return asked;
  }
}

function policyKey(key: unknown): string {
  if (typeof key === 'string' && key.startsWith(POLICY_PREFIX)) return key;
  throw new Error('no key of a policy');
}

function jsonOf({ values, version, ...rest }: Held | PutResult): HeldJson {
  return {
    ...rest,
    values: values.map((value) => Buffer.from(value).toString('base64')),
    ...(version === undefined ? {} : { version }),
  };
}

function heldOf(json: unknown): Held {
  const { values, version } = json as HeldJson;
  return { values: values.map((value) => Buffer.from(value, 'base64')), version };
}
