/**
 * A list of torrents as a store has it: one index, and parts with the infohashes.
 *
 * - A part has all infohashes of the list that begin with the same bits. It is written once, under
 *   a name that is never used again, and never changed.
 * - The index names the parts of one revision of the list. A change writes new parts first, then
 *   the index, at once or not at all: so whoever reads has one revision, never half of two.
 * - Of a store that keeps siblings there may be several indexes. Each has the last edits that went
 *   into it: those that the newest does not have are made on top of that, and nothing is lost.
 */
import { randomBytes } from 'node:crypto';

import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';
import { areSorted, firstNotBelow } from './infohashes.js';

/** All keys of policies begin with this, which no infohash does. */
export const POLICY_PREFIX = 'policy.';
export const INDEX_KEY = `${POLICY_PREFIX}list`;
const PART_PREFIX = `${POLICY_PREFIX}list-part.`;
/** The keys of all parts, also of those that no index names. */
export const PART_KEYS = { from: PART_PREFIX, to: `${PART_PREFIX}~` };

/** A stored list, or a change of one, that cannot be used; the message says why. */
export class ListError extends Error {
  override readonly name: string = 'ListError';
}

export interface ListPart {
  /** Names the stored part; empty if it has no infohashes. */
  readonly id: string;
  /** Infohashes. */
  readonly count: number;
}

/** What a change did to the list; its infohashes are sorted, in base64. */
export interface ListEdit {
  readonly id: string;
  readonly added: string;
  readonly removed: string;
}

export interface ListIndex {
  /** Grows with each import, which replaces whatever there was before. */
  readonly generation: number;
  /** Grows with each change. 0: there was none yet. */
  readonly revision: number;
  /** Tells apart the same revision of two writers. */
  readonly writer: string;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
  /** How many leading bits of an infohash give the number of its part, 0 to {@link MAX_BITS}. */
  readonly bits: number;
  /** 2^bits. */
  readonly parts: readonly ListPart[];
  /** The last ones that are part of this, {@link MAX_EDITS} or fewer, the last one last. */
  readonly edits: readonly ListEdit[];
}

/** How the infohashes of a list are spread over parts. */
export type ListLayout = Pick<ListIndex, 'bits' | 'parts'>;

const EMPTY_PART: ListPart = { id: '', count: 0 };

/** The list before any change. */
export const EMPTY_LIST: ListIndex = {
  generation: 0,
  revision: 0,
  writer: '',
  changedAt: 0,
  bits: 0,
  parts: [EMPTY_PART],
  edits: [],
};

/** The number of entries of a list. */
export function entriesOf({ parts }: ListIndex): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

/** The number of the part that has an infohash, if any. */
export function partNumber(infohash: Uint8Array, bits: number): number {
  const head = ((infohash[0] as number) << 8) | (infohash[1] as number);
  return head >>> (16 - bits);
}

/** How many bits give parts of some thousand infohashes each. */
export function bitsFor(entries: number): number {
  let bits = 0;
  while (bits < MAX_BITS && entries / 2 ** bits > PART_ENTRIES) bits += 1;
  return bits;
}

/** The infohashes of each part: slices of what is given. */
export function splitByPrefix(sorted: Uint8Array, bits: number): Uint8Array[] {
  const border = Buffer.alloc(INFOHASH_LENGTH);
  const slices: Uint8Array[] = [];
  let from = 0;
  for (let number = 1; number <= 2 ** bits; number++) {
    let to = sorted.length;
    if (number < 2 ** bits) {
      border.writeUInt16BE(number << (16 - bits));
      to = firstNotBelow(sorted, border) * INFOHASH_LENGTH;
    }
    slices.push(sorted.subarray(from, to));
    from = to;
  }
  return slices;
}

/** A name for a new part, with the time in it by which a forgotten one is found. */
export function newPartId(now: number): string {
  return `${now.toString(36).padStart(9, '0')}-${randomBytes(8).toString('hex')}`;
}

export function partKey(id: string): string {
  return `${PART_PREFIX}${id}`;
}

/** The time at which a part was written, milliseconds since the epoch. */
export function partTime(key: string): number {
  return Number.parseInt(key.slice(PART_PREFIX.length).split('-', 1)[0] ?? '', 36);
}

export function encodePart(hashes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(FORMAT), hashes]);
}

/**
 * The infohashes of a part, in memory of their own.
 * @param number of the part
 * @throws ListError for anything but the part that the index means
 */
export function decodePart(value: Uint8Array, { bits, parts }: ListLayout, number: number): Buffer {
  const { id, count } = parts[number] ?? EMPTY_PART;
  const isWhole = value[0] === FORMAT && value.length === 1 + count * INFOHASH_LENGTH;
  const hashes = Buffer.from(value.subarray(1));
  // Of sorted ones the first and the last say where all belong.
  const belong = (at: number): boolean => partNumber(hashes.subarray(at), bits) === number;
  const isThisPart = isWhole && areSorted(hashes) && belong(0) && belong(hashes.length - INFOHASH_LENGTH);
  if (!isThisPart) throw new ListError(`part ${id} of the list is damaged`);
  return hashes;
}

export function encodeIndex({ parts, ...index }: ListIndex): Buffer {
  const pairs = parts.map(({ id, count }) => [id, count]);
  return Buffer.from(JSON.stringify({ format: FORMAT, ...index, parts: pairs }));
}

/** @throws ListError for what is none, or of a later version of the tracker */
export function decodeIndex(value: Uint8Array): ListIndex {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(value).toString());
  } catch (cause) {
    throw new ListError('the index of the list is damaged', { cause });
  }
  const index = parsed as Partial<Record<string, unknown>> | null;
  if (typeof index !== 'object' || index === null) throw new ListError('the index of the list is damaged');
  if (index['format'] !== FORMAT) throw new ListError('the list was written by another version');
  const { generation, revision, writer, changedAt, bits, parts, edits } = index;
  const isIndex =
    isCount(generation) &&
    isCount(revision) &&
    typeof writer === 'string' &&
    isCount(changedAt) &&
    isCount(bits) &&
    bits <= MAX_BITS &&
    Array.isArray(parts) &&
    parts.length === 2 ** bits &&
    parts.every(isPair) &&
    Array.isArray(edits) &&
    edits.every(isEdit);
  if (!isIndex) throw new ListError('the index of the list is damaged');
  const pairs = parts as [string, number][];
  return {
    generation,
    revision,
    writer,
    changedAt,
    bits,
    parts: pairs.map(([id, count]) => ({ id, count })),
    edits: edits as ListEdit[],
  };
}

/**
 * The index in force of those that were written at the same moment: whoever reads them gets the
 * same one. Undefined if there is none.
 * @param gone names of parts that are not there: an index with such a part is the last choice. Its
 *   writer ended before it could join its change with that of another.
 */
export function newestIndex(
  values: readonly Uint8Array[],
  gone: ReadonlySet<string> = new Set(),
): ListIndex | undefined {
  const isWhole = ({ parts }: ListIndex): boolean => gone.size === 0 || !parts.some(({ id }) => gone.has(id));
  const indexes = values.map(decodeIndex);
  const whole = indexes.filter(isWhole);
  const choices = whole.length > 0 ? whole : indexes;
  return choices.reduce<ListIndex | undefined>(
    (newest, index) => (newest === undefined || isNewer(index, newest) ? index : newest),
    undefined,
  );
}

function isNewer(a: ListIndex, b: ListIndex): boolean {
  if (a.generation !== b.generation) return a.generation > b.generation;
  return a.revision === b.revision ? a.writer > b.writer : a.revision > b.revision;
}

export function isSameRevision(a: ListIndex, b: ListIndex): boolean {
  return a.revision === b.revision && a.writer === b.writer;
}

function isPair(pair: unknown): boolean {
  if (!Array.isArray(pair) || pair.length !== 2) return false;
  const [id, count] = pair as unknown[];
  return typeof id === 'string' && isCount(count) && (id === '') === (count === 0);
}

function isEdit(edit: unknown): boolean {
  if (typeof edit !== 'object' || edit === null) return false;
  const { id, added, removed } = edit as Partial<Record<string, unknown>>;
  return typeof id === 'string' && areInfohashes(added) && areInfohashes(removed);
}

function areInfohashes(text: unknown): boolean {
  return typeof text === 'string' && areSorted(Buffer.from(text, 'base64'));
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

const FORMAT = 1;
/** Infohashes of a part that is made: 82 kB. */
const PART_ENTRIES = 4096;
/** Parts with more are split. 328 kB: a value of any store. */
export const MAX_PART_ENTRIES = 16_384;
/** 4096 parts: their index has some 150 kB. */
export const MAX_BITS = 12;
/** More than there can be changes at the same moment: only of such ones is this needed. */
export const MAX_EDITS = 16;
/** Infohashes of an edit: 16 edits take 57 kB at most, 2 kB if each has one. */
export const MAX_EDIT_ENTRIES = 128;
