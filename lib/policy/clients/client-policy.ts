import { Refusal } from '../../bittorrent/errors.js';
import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import type { ListKind } from '../lists/chihaya.js';
import type { ListState } from '../lists/torrent-list.js';
import { Refreshed } from '../refreshed.js';
import type { Verdict } from '../verdict.js';
import { clientName } from './client-name.js';
import { PrefixTable } from './client-prefixes.js';

export interface ClientPolicyOptions {
  readonly kind: ListKind;
  /** Reads the prefixes, sorted: those of the store, or of a file. */
  readonly read: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Log;
  /** LIST_SECONDS. */
  readonly seconds: number;
}

interface KnownList {
  readonly prefixes: readonly string[];
  readonly table: PrefixTable;
}

/** Serves the clients on a list, or all but those. */
export class ClientPolicy {
  private readonly lists: Refreshed<KnownList>;
  /** By the name of the client: there are few. */
  private readonly refusals = new Map<string, Refusal>();

  constructor(private readonly options: ClientPolicyOptions) {
    this.lists = new Refreshed({
      ...options,
      name: 'client list',
      read: async (known) => {
        const prefixes = await options.read();
        const isSame = prefixes.join(' ') === known?.prefixes.join(' ');
        return isSame ? known : { prefixes, table: new PrefixTable(prefixes) };
      },
    });
  }

  /** @param peerId of who announces, 20 bytes */
  client(peerId: Uint8Array): Verdict {
    const known = this.lists.get();
    return known instanceof Promise
      ? known.then((read) => this.verdict(read, peerId))
      : this.verdict(known, peerId);
  }

  /** Reads the list now. @throws (rejects with) a StoreError or ListError; the known list stays */
  async reload(): Promise<void> {
    await this.lists.refresh();
  }

  state(): ListState {
    const { lastKnown, knownAt, problem } = this.lists;
    return { entries: lastKnown?.prefixes.length, knownAt, problem };
  }

  private verdict({ table }: KnownList, peerId: Uint8Array): Refusal | undefined {
    if (table.matches(peerId) === (this.options.kind === 'allow')) return undefined;
    const name = clientName(peerId);
    let refusal = this.refusals.get(name);
    if (refusal === undefined) {
      refusal = new Refusal('client', `this tracker does not serve ${name}`, 'never');
      if (this.refusals.size >= MAX_REFUSALS) this.refusals.clear();
      this.refusals.set(name, refusal);
    }
    return refusal;
  }
}

/** A peer id may say anything. */
const MAX_REFUSALS = 1000;
