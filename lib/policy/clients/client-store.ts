/**
 * The list of clients as a store has it: one object with the prefixes, as JSON. A change replaces
 * it by compare and swap. Of a store that keeps siblings there may be several: each has the last
 * edits that went into it, and whoever writes next makes those that are missing on top of the
 * newest.
 */
import { randomBytes } from 'node:crypto';

import type { Clock } from '../../environment.js';
import type { Store } from '../../store/store.js';
import { ListError, POLICY_PREFIX } from '../lists/list-index.js';
import { sortPrefixes } from './client-prefixes.js';

export const CLIENTS_KEY = `${POLICY_PREFIX}clients`;

interface ClientEdit {
  readonly id: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface ClientList {
  /** Grows with each import, which replaces whatever there was before. */
  readonly generation: number;
  /** Grows with each change. 0: there was none yet. */
  readonly revision: number;
  /** Tells apart the same revision of two writers. */
  readonly writer: string;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
  /** Sorted. */
  readonly prefixes: readonly string[];
  /** The last ones that are part of this, the last one last. */
  readonly edits: readonly ClientEdit[];
}

/** What a change did. */
export interface ClientChange {
  readonly list: ClientList;
  /** Prefixes before it. */
  readonly before: number;
}

const EMPTY: ClientList = {
  generation: 0,
  revision: 0,
  writer: '',
  changedAt: 0,
  prefixes: [],
  edits: [],
};

export class ClientStore {
  constructor(
    private readonly store: Pick<Store, 'fetch' | 'put'>,
    private readonly clock: Clock,
  ) {}

  /** One read. @throws StoreError, ListError */
  async read(): Promise<ClientList> {
    const { values } = await this.store.fetch(CLIENTS_KEY, 'strong');
    return joined(values.map(decode)).list;
  }

  /** @throws StoreError: what was to be changed may be; ListError */
  edit(added: readonly string[], removed: readonly string[]): Promise<ClientChange> {
    return this.change({ id: newId(), added, removed });
  }

  /** Replaces the whole list. @throws as edit */
  replace(prefixes: readonly string[]): Promise<ClientChange> {
    return this.change(prefixes);
  }

  private async change(wanted: ClientEdit | readonly string[]): Promise<ClientChange> {
    let held = await this.store.fetch(CLIENTS_KEY, 'strong');
    let before: number | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { list, isJoined } = joined(held.values.map(decode));
      before ??= list.prefixes.length;
      const isDone = 'id' in wanted && list.edits.some(({ id }) => id === wanted.id);
      const next = this.following(list, isDone ? undefined : wanted);
      if (!isJoined && isSame(next, list)) return { list, before };
      const put = await this.store.put(CLIENTS_KEY, encode(next), held.version);
      if (put.stored && put.values.length <= 1) return { list: next, before };
      // Somebody changed it at the same moment. Of two that see each other one is sooner next time.
      const longest = PAUSE_MS * 2 ** Math.min(attempt, 5);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
      held = put;
    }
    throw new ListError('others change the list all the time: try again later');
  }

  private following(list: ClientList, wanted: ClientEdit | readonly string[] | undefined): ClientList {
    const next = {
      ...list,
      revision: list.revision + 1,
      writer: newId(),
      changedAt: this.clock.now(),
    };
    if (wanted === undefined) return next;
    if ('id' in wanted) {
      const edits = [...list.edits, wanted].slice(-MAX_EDITS);
      return { ...next, prefixes: edited(list.prefixes, wanted), edits };
    }
    return { ...next, generation: list.generation + 1, prefixes: sortPrefixes(wanted) };
  }
}

/** The newest list, with the edits of others on top of it. */
function joined(lists: readonly ClientList[]): { readonly list: ClientList; readonly isJoined: boolean } {
  let newest = EMPTY;
  for (const list of lists) if (isNewer(list, newest)) newest = list;
  const missing = new Map<string, ClientEdit>();
  for (const { edits } of lists) for (const edit of edits) missing.set(edit.id, edit);
  for (const { id } of newest.edits) missing.delete(id);
  let { prefixes } = newest;
  for (const edit of missing.values()) prefixes = edited(prefixes, edit);
  const edits = [...newest.edits, ...missing.values()].slice(-MAX_EDITS);
  return { list: { ...newest, prefixes, edits }, isJoined: lists.length > 1 };
}

function edited(prefixes: readonly string[], { added, removed }: ClientEdit): string[] {
  const gone = new Set(removed);
  return sortPrefixes([...prefixes.filter((prefix) => !gone.has(prefix)), ...added]);
}

function isNewer(a: ClientList, b: ClientList): boolean {
  if (a.generation !== b.generation) return a.generation > b.generation;
  return a.revision === b.revision ? a.writer > b.writer : a.revision > b.revision;
}

function isSame(a: ClientList, b: ClientList): boolean {
  return b.revision > 0 && a.prefixes.join(' ') === b.prefixes.join(' ');
}

function encode(list: ClientList): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...list }));
}

/** @throws ListError for what is none, or of a later version of the tracker */
function decode(value: Uint8Array): ClientList {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(value).toString());
  } catch (cause) {
    throw new ListError('the list of clients is damaged', { cause });
  }
  const list = parsed as Partial<Record<string, unknown>> | null;
  if (typeof list !== 'object' || list === null) throw new ListError('the list of clients is damaged');
  if (list['format'] !== FORMAT) throw new ListError('the list of clients was written by another version');
  const { generation, revision, writer, changedAt, prefixes, edits } = list;
  const areNumbers = [generation, revision, changedAt].every(Number.isSafeInteger);
  if (!areNumbers || typeof writer !== 'string' || !areTexts(prefixes) || !areEdits(edits)) {
    throw new ListError('the list of clients is damaged');
  }
  return { generation, revision, writer, changedAt, prefixes, edits } as ClientList;
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function areEdits(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  return (value as (Partial<ClientEdit> | null)[]).every(
    (edit) => typeof edit?.id === 'string' && areTexts(edit.added) && areTexts(edit.removed),
  );
}

function newId(): string {
  return randomBytes(8).toString('hex');
}

const FORMAT = 1;
/** More than there can be changes at the same moment: only of such ones is this needed. */
const MAX_EDITS = 16;
const MAX_ATTEMPTS = 30;
const PAUSE_MS = 10;
