import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import { Refreshed } from '../refreshed.js';
import { RecentAnswers } from './recent-answers.js';
import { SpreadInfohashes } from './spread-infohashes.js';
import { entriesOf, isSameRevision, partNumber, type ListIndex } from './list-index.js';
import { PartGoneError, type ListStore } from './list-store.js';
import type { ListState, TorrentList } from './torrent-list.js';

export interface StoredListOptions {
  readonly store: ListStore;
  readonly clock: Clock;
  readonly log: Log;
  /** LIST_SECONDS. */
  readonly seconds: number;
  /**
   * Whether to read the whole list at once, as a process does that lives for long; else a part is
   * read when it is asked for first. A part that was read once is always known.
   */
  readonly whole: boolean;
}

/** One revision of the list, with the parts that were read. */
interface KnownRevision {
  readonly index: ListIndex;
  /** By number; undefined if it was not read yet. */
  readonly parts: (SpreadInfohashes | undefined)[];
  readonly recent: RecentAnswers;
}

/**
 * The list of a store. A process asks for its index once in LIST_SECONDS, and reads only parts that
 * have changed. Every infohash is judged by one revision.
 */
export class StoredList implements TorrentList {
  private readonly revisions: Refreshed<KnownRevision>;
  /** Parts that are being read, by name. */
  private readonly reading = new Map<string, Promise<SpreadInfohashes>>();

  constructor(private readonly options: StoredListOptions) {
    this.revisions = new Refreshed({
      ...options,
      name: 'torrent list',
      read: (known) => this.read(known),
    });
  }

  has(infohash: Uint8Array): boolean | Promise<boolean> {
    const revision = this.revisions.get();
    return revision instanceof Promise
      ? revision.then((read) => this.lookUp(read, infohash))
      : this.lookUp(revision, infohash);
  }

  async reload(): Promise<void> {
    await this.revisions.refresh();
  }

  state(): ListState {
    const { lastKnown, knownAt, problem } = this.revisions;
    return { entries: lastKnown && entriesOf(lastKnown.index), knownAt, problem };
  }

  private lookUp(revision: KnownRevision, infohash: Uint8Array): boolean | Promise<boolean> {
    const remembered = revision.recent.get(infohash);
    if (remembered !== undefined) return remembered;
    const number = partNumber(infohash, revision.index.bits);
    const part = revision.parts[number];
    if (part !== undefined) {
      const isListed = part.has(infohash);
      revision.recent.set(infohash, isListed);
      return isListed;
    }
    return this.readPart(revision, number).then(
      (read) => read.has(infohash),
      async (error: unknown) => {
        if (!(error instanceof PartGoneError)) throw error;
        // The list has been changed meanwhile, or the part is lost: then this rejects as well.
        const present = await this.revisions.refresh();
        return (await this.readPart(present, partNumber(infohash, present.index.bits))).has(infohash);
      },
    );
  }

  private async read(known: KnownRevision | undefined): Promise<KnownRevision> {
    for (let attempt = 1; ; attempt++) {
      const index = await this.options.store.index();
      if (known !== undefined && isSameRevision(index, known.index)) return known;
      if (known !== undefined && index.revision === 0) throw new PartGoneError('the list is gone');
      try {
        return await this.revisionOf(index, known);
      } catch (error) {
        // It was changed again while its parts were read.
        if (!(error instanceof PartGoneError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * A revision in force only when every part is there that was known before, as no store may be
   * then.
   */
  private async revisionOf(index: ListIndex, known: KnownRevision | undefined): Promise<KnownRevision> {
    const kept = new Map<string, SpreadInfohashes>();
    for (const [number, part] of known?.index.parts.entries() ?? []) {
      const read = known?.parts[number];
      if (read !== undefined) kept.set(part.id, read);
    }
    const parts = index.parts.map(({ id, count }) => (count === 0 ? NOTHING : kept.get(id)));
    const revision = { index, parts, recent: new RecentAnswers() };
    const wanted = [...parts.keys()].filter(
      (number) => parts[number] === undefined && (this.options.whole || wasKnown(number, index, known)),
    );
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      await Promise.all(wanted.slice(at, at + AT_ONCE).map((number) => this.readPart(revision, number)));
    }
    return revision;
  }

  private async readPart(revision: KnownRevision, number: number): Promise<SpreadInfohashes> {
    const known = revision.parts[number];
    if (known !== undefined) return known;
    const part = revision.index.parts[number] ?? { id: '', count: 0 };
    let reading = this.reading.get(part.id);
    if (reading === undefined) {
      // A part of the same name has the same infohashes, and so the same bits in common.
      reading = this.options.store
        .part(revision.index, number)
        .then((hashes) => new SpreadInfohashes(hashes, revision.index.bits))
        .finally(() => this.reading.delete(part.id));
      this.reading.set(part.id, reading);
    }
    const read = await reading;
    revision.parts[number] = read;
    return read;
  }
}

/** Whether infohashes of a part were known in another revision, which may be split in another way. */
function wasKnown(number: number, { bits }: ListIndex, known: KnownRevision | undefined): boolean {
  if (known === undefined) return false;
  const spread = known.index.bits - bits;
  if (spread <= 0) return known.parts[number >>> -spread] !== undefined;
  const first = number << spread;
  return known.parts.slice(first, first + 2 ** spread).some((part) => part !== undefined);
}

const NOTHING = new SpreadInfohashes(Buffer.alloc(0));
const AT_ONCE = 16;
const MAX_ATTEMPTS = 4;
