import { randomBytes } from 'node:crypto';

import type { Clock } from '../../environment.js';
import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';
import type { Held, Store } from '../../store/store.js';
import { changeInfohashes, includesInfohash } from './infohashes.js';
import {
  bitsFor,
  decodePart,
  EMPTY_LIST,
  encodeIndex,
  encodePart,
  entriesOf,
  INDEX_KEY,
  decodeIndex,
  ListError,
  MAX_EDIT_ENTRIES,
  MAX_EDITS,
  MAX_BITS,
  MAX_PART_ENTRIES,
  newestIndex,
  newPartId,
  PART_KEYS,
  partKey,
  partNumber,
  partTime,
  splitByPrefix,
  type ListEdit,
  type ListIndex,
  type ListLayout,
  type ListPart,
} from './list-index.js';

/** The index names a part that is gone: the list has been changed since the index was read. */
export class PartGoneError extends ListError {
  override readonly name = 'PartGoneError';
}

/** What a change did. */
export interface ListChange {
  readonly index: ListIndex;
  /** Entries before it. */
  readonly before: number;
}

/**
 * The list of torrents in a store. Any number of processes may read and change it at once: a change
 * that finds another one is made again on top of that one.
 */
export class ListStore {
  /** Parts that were not there when they were read: names are never used again. */
  private readonly gone = new Set<string>();
  /** The writers of several indexes that were there at the last read. */
  private unjoined = '';

  constructor(
    private readonly store: ListObjects,
    private readonly clock: Clock,
  ) {}

  /**
   * The present index: one read. Of several that were written at the same moment the newest: one of
   * the writers is about to join them. If none has by the next read they are joined here.
   * @throws StoreError, ListError
   */
  async index(): Promise<ListIndex> {
    const { values } = await this.store.fetch(INDEX_KEY, 'strong');
    const unjoined =
      values.length > 1
        ? values
            .map((value) => decodeIndex(value).writer)
            .sort()
            .join()
        : '';
    const areLeft = unjoined !== '' && unjoined === this.unjoined;
    this.unjoined = unjoined;
    if (areLeft) return (await this.change(undefined)).index;
    return newestIndex(values, this.gone) ?? EMPTY_LIST;
  }

  /**
   * The infohashes of a part; one read, none for an empty part.
   * @param number of the part
   * @throws StoreError, ListError
   */
  async part(layout: ListLayout, number: number): Promise<Buffer> {
    const part = layout.parts[number];
    if (part === undefined || part.count === 0) return NOTHING;
    const { values } = await this.store.fetch(partKey(part.id), 'strong');
    const [value] = values;
    if (value === undefined) {
      this.gone.add(part.id);
      throw new PartGoneError(`part ${part.id} of the list is gone`);
    }
    this.gone.delete(part.id);
    return decodePart(value, layout, number);
  }

  /** Whether an infohash is on the list: two reads. @throws StoreError, ListError */
  async has(infohash: Uint8Array): Promise<boolean> {
    return this.again(async () => {
      const index = await this.index();
      return includesInfohash(await this.part(index, partNumber(infohash, index.bits)), infohash);
    });
  }

  /** Every infohash of one revision, a part at a time. @throws StoreError, ListError */
  async *export(): AsyncGenerator<Buffer> {
    const index = await this.index();
    for (const number of index.parts.keys()) yield this.part(index, number);
  }

  /**
   * Takes infohashes off the list, and puts others on it. Both are sorted. Many are some changes
   * one after the other.
   * @throws StoreError: what was to be changed has changed in part, and may be asked for again;
   *   ListError
   */
  async edit(added: Uint8Array, removed: Uint8Array): Promise<ListChange> {
    const step = MAX_EDIT_ENTRIES * INFOHASH_LENGTH;
    let done: ListChange | undefined;
    for (let at = 0; done === undefined || at < Math.max(added.length, removed.length); at += step) {
      const edit = {
        id: newWriterId(),
        added: base64Of(added.subarray(at, at + step)),
        removed: base64Of(removed.subarray(at, at + step)),
      };
      const { index, before } = await this.change(edit);
      done = { index, before: done?.before ?? before };
    }
    return done;
  }

  /**
   * Replaces the whole list: the old one is in force until the new one is whole.
   * @param sorted its infohashes
   * @throws StoreError: the list is the old one or the new one; ListError
   */
  async replace(sorted: Uint8Array): Promise<ListChange> {
    const change = await this.change(sorted);
    await this.removeForgotten(change.index);
    return change;
  }

  /**
   * Makes one index of those that are there, and of what is to be changed.
   * @param wanted an edit, or all infohashes of the list, sorted; undefined: nothing more
   */
  private async change(wanted: ListEdit | Uint8Array | undefined): Promise<ListChange> {
    const parts = new PartWriter(this.store, this.clock);
    const isImport = wanted instanceof Uint8Array;
    let imported: ListLayout | undefined;
    let before: number | undefined;
    return this.again(async () => {
      let held: Held = await this.store.fetch(INDEX_KEY, 'strong');
      const replaced = new Set<string>();
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const current = newestIndex(held.values, this.gone) ?? EMPTY_LIST;
        before ??= entriesOf(current);
        const others = held.values.map(decodeIndex);
        for (const index of others) for (const { id } of index.parts) replaced.add(id);
        const edits = editsToMake(current, others, isImport ? undefined : wanted);
        const layout = isImport
          ? (imported ??= await parts.writeAll(wanted))
          : await this.edited(current, edits, parts);
        // Whoever else reads takes this index as well, whatever is beside it.
        if (layout === undefined) return { index: current, before };
        const next = this.following(current, layout, edits, isImport ? 1 : 0);
        const put = await this.store.put(INDEX_KEY, encodeIndex(next), held.version);
        if (put.stored && put.values.length <= 1) {
          const kept = new Set(next.parts.map(({ id }) => id));
          await this.removeParts([...parts.written, ...replaced].filter((id) => !kept.has(id)));
          return { index: next, before };
        }
        // Somebody changed it at the same moment. Of two that see each other one is sooner next
        // time.
        await pause(attempt);
        held = put;
      }
      throw new ListError('others change the list all the time: try again later');
    });
  }

  /** Writes the parts that edits change; undefined if they change nothing. */
  private async edited(
    current: ListIndex,
    edits: readonly ListEdit[],
    parts: PartWriter,
  ): Promise<ListLayout | undefined> {
    const contents = new Map<number, Buffer>();
    const contentOf = async (number: number): Promise<Buffer> =>
      contents.get(number) ?? (await this.part(current, number));
    for (const { added, removed } of edits) {
      const additions = splitByPrefix(Buffer.from(added, 'base64'), current.bits);
      const removals = splitByPrefix(Buffer.from(removed, 'base64'), current.bits);
      for (const number of current.parts.keys()) {
        const [adds, removes] = [additions[number] ?? NOTHING, removals[number] ?? NOTHING];
        if (adds.length + removes.length === 0) continue;
        const base = await contentOf(number);
        const content = changeInfohashes(base, adds, removes);
        if (!content.equals(base)) contents.set(number, content);
      }
    }
    if (contents.size === 0) return undefined;
    if ([...contents.values()].every((content) => fits(content, current.bits))) {
      const changed = [...current.parts];
      for (const [number, content] of contents) changed[number] = await parts.write(content);
      return { bits: current.bits, parts: changed };
    }
    const all: Buffer[] = [];
    for (const number of current.parts.keys()) all.push(await contentOf(number));
    return parts.writeAll(Buffer.concat(all));
  }

  private following(
    { generation, revision, edits: known }: ListIndex,
    { bits, parts }: ListLayout,
    edits: readonly ListEdit[],
    imports: number,
  ): ListIndex {
    return {
      generation: generation + imports,
      revision: revision + 1,
      writer: newWriterId(),
      changedAt: this.clock.now(),
      bits,
      parts,
      edits: [...known, ...edits].slice(-MAX_EDITS),
    };
  }

  /** Does something that reads parts anew if the list was changed meanwhile. */
  private async again<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof PartGoneError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  private async removeParts(ids: readonly string[]): Promise<void> {
    await inTurns(
      ids.filter((id) => id !== ''),
      (id) => this.removeKey(partKey(id)),
    );
  }

  private async removeKey(key: string): Promise<void> {
    const { version } = await this.store.fetch(key, 'strong');
    if (version !== undefined) await this.store.remove(key, version);
  }

  /** Removes parts of changes that were broken off, and are too old to be of one that is made now. */
  private async removeForgotten(index: ListIndex): Promise<void> {
    const named = new Set(index.parts.map(({ id }) => partKey(id)));
    const before = this.clock.now() - FORGOTTEN_MS;
    let cursor: string | undefined;
    do {
      const page = await this.store.keys(PART_KEYS, cursor, 1000);
      const forgotten = page.keys.filter((key) => !named.has(key) && partTime(key) < before);
      await inTurns(forgotten, (key) => this.removeKey(key));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
}

type ListObjects = Pick<Store, 'fetch' | 'put' | 'remove' | 'keys'>;

/** Writes parts under names that nobody has used. */
class PartWriter {
  readonly written = new Set<string>();

  constructor(
    private readonly store: ListObjects,
    private readonly clock: Clock,
  ) {}

  async write(hashes: Uint8Array): Promise<ListPart> {
    if (hashes.length === 0) return { id: '', count: 0 };
    const id = newPartId(this.clock.now());
    this.written.add(id);
    await this.store.put(partKey(id), encodePart(hashes));
    return { id, count: hashes.length / INFOHASH_LENGTH };
  }

  async writeAll(sorted: Uint8Array): Promise<ListLayout> {
    let bits = bitsFor(sorted.length / INFOHASH_LENGTH);
    let slices = splitByPrefix(sorted, bits);
    while (slices.some((slice) => !fits(slice, bits))) slices = splitByPrefix(sorted, ++bits);
    return { bits, parts: await inTurns(slices, (slice) => this.write(slice)) };
  }
}

/** The edits of other indexes that this one does not have, and the one that is wanted: each once. */
function editsToMake(
  { edits: known }: ListIndex,
  others: readonly ListIndex[],
  wanted: ListEdit | undefined,
): ListEdit[] {
  const missing = new Map<string, ListEdit>();
  for (const { edits } of others) for (const edit of edits) missing.set(edit.id, edit);
  if (wanted !== undefined) missing.set(wanted.id, wanted);
  for (const { id } of known) missing.delete(id);
  return [...missing.values()];
}

/** Some at once, the results in order. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}

/** @throws ListError if there is no more to split by */
function fits(hashes: Uint8Array, bits: number): boolean {
  const isLarge = hashes.length > MAX_PART_ENTRIES * INFOHASH_LENGTH;
  if (isLarge && bits === MAX_BITS) {
    throw new ListError(
      `more than ${MAX_PART_ENTRIES} infohashes begin with the same ${MAX_BITS} bits: no list is so large but of made-up ones`,
    );
  }
  return !isLarge;
}

/** The longer, the more often it was in vain. */
function pause(attempt: number): Promise<void> {
  const longest = PAUSE_MS * 2 ** Math.min(attempt, 5);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}

function base64Of(hashes: Uint8Array): string {
  return Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length).toString('base64');
}

function newWriterId(): string {
  return randomBytes(8).toString('hex');
}

const NOTHING = Buffer.alloc(0);
const AT_ONCE = 16;
const MAX_ATTEMPTS = 30;
const PAUSE_MS = 10;
/** No change takes so long. */
const FORGOTTEN_MS = 3_600_000;
