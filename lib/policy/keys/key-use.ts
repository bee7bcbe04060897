/**
 * What a key was used for, as a store has it: one object a key, which any number of processes
 * write.
 *
 * A client says how much it has sent and received since its `started`, a number that grows. So a
 * session (one peer of one torrent) has a lowest and a highest number, and their difference is what
 * was counted. Whoever joins two states takes the lower lowest and the higher highest: in any order
 * and however often the result is the same, and what one process has not written yet is in what
 * the client says next. When a client counts anew the generation goes up, and what was before is
 * kept as `closed`.
 *
 *     byte 0       format: 1
 *     1            last announce, 6 bytes, milliseconds since the epoch
 *     7            sessions older than this are in the sums: 4 bytes, seconds since the epoch
 *     11, 17       sums of those: bytes up, bytes down, 6 bytes each
 *     23           sessions: id 20, seen 4, flags 1 (1: stopped), generation 1, then for up and
 *                  for down: closed, lowest, highest, 6 bytes each
 */
import { ListError } from '../lists/list-index.js';

/** Bytes in one direction of a session. */
export interface Span {
  /** Counted in generations before. */
  readonly closed: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface Session {
  /** Seconds since the epoch. */
  readonly seen: number;
  readonly isStopped: boolean;
  /** How often its client has begun to count anew; 255 and more are one. */
  readonly generation: number;
  readonly up: Span;
  readonly down: Span;
}

export interface KeyUse {
  /** Milliseconds since the epoch; 0: never. */
  readonly lastSeen: number;
  /** Sessions last seen before are in the sums. Seconds since the epoch. */
  readonly foldedBefore: number;
  readonly foldedUp: number;
  readonly foldedDown: number;
  /** By id, in hex. */
  readonly sessions: ReadonlyMap<string, Session>;
}

/** Bytes of a session's id: 8 of the infohash and the last 12 of the peer id, which are random. */
export const SESSION_ID = 20;
/** Hexadecimal digits of an id that tell the torrent. */
export const TORRENT_DIGITS = 16;
/** The largest object has 127 kB. A key with more sessions is counted a little too low. */
export const MAX_SESSIONS = 2048;
/**
 * Seconds after which a session is summed up. By then every process that knew of it has written
 * what it knew.
 */
export const SESSION_SECONDS = 86_400;

export const NO_USE: KeyUse = {
  lastSeen: 0,
  foldedBefore: 0,
  foldedUp: 0,
  foldedDown: 0,
  sessions: new Map(),
};

/** The state that has all of both. */
export function joinUse(a: KeyUse, b: KeyUse): KeyUse {
  // Whoever has folded more has in its sums what it has no session of.
  const base = a.foldedBefore >= b.foldedBefore ? a : b;
  const sessions = new Map<string, Session>();
  for (const [id, session] of [...a.sessions, ...b.sessions]) {
    if (session.seen < base.foldedBefore) continue;
    const other = sessions.get(id);
    sessions.set(id, other === undefined ? session : joinSession(other, session));
  }
  return { ...base, lastSeen: Math.max(a.lastSeen, b.lastSeen), sessions };
}

export function joinSession(a: Session, b: Session): Session {
  const seen = Math.max(a.seen, b.seen);
  // Of one second a stop is the last.
  const isStopped =
    a.seen === b.seen ? a.isStopped || b.isStopped : a.seen > b.seen ? a.isStopped : b.isStopped;
  if (a.generation !== b.generation) {
    return { ...(a.generation > b.generation ? a : b), seen, isStopped };
  }
  const { generation } = a;
  return { seen, isStopped, generation, up: joinSpan(a.up, b.up), down: joinSpan(a.down, b.down) };
}

function joinSpan(a: Span, b: Span): Span {
  return {
    closed: Math.max(a.closed, b.closed),
    lowest: Math.min(a.lowest, b.lowest),
    highest: Math.max(a.highest, b.highest),
  };
}

/** What was counted in one direction of a session. */
export function countedIn({ closed, lowest, highest }: Span): number {
  return closed + highest - lowest;
}

/** All bytes that a key's clients have reported. */
export function bytesOf({ foldedUp, foldedDown, sessions }: KeyUse): { up: number; down: number } {
  let [up, down] = [foldedUp, foldedDown];
  for (const session of sessions.values()) {
    up += countedIn(session.up);
    down += countedIn(session.down);
  }
  return { up, down };
}

/** Sums up sessions that are old, and the oldest if there are too many. @param nowMs since the epoch */
export function folded(use: KeyUse, nowMs: number): KeyUse {
  let before = Math.max(use.foldedBefore, Math.floor(nowMs / 1000) - SESSION_SECONDS);
  if (use.sessions.size > MAX_SESSIONS) {
    const seen = Array.from(use.sessions.values(), (session) => session.seen).sort((a, b) => b - a);
    before = Math.max(before, (seen[MAX_SESSIONS] ?? 0) + 1);
  }
  let [foldedUp, foldedDown] = [use.foldedUp, use.foldedDown];
  const sessions = new Map<string, Session>();
  for (const [id, session] of use.sessions) {
    if (session.seen >= before) {
      sessions.set(id, session);
      continue;
    }
    foldedUp += countedIn(session.up);
    foldedDown += countedIn(session.down);
  }
  return { ...use, foldedBefore: before, foldedUp, foldedDown, sessions };
}

export function encodeUse({ lastSeen, foldedBefore, foldedUp, foldedDown, sessions }: KeyUse): Buffer {
  const bytes = Buffer.alloc(HEAD + sessions.size * SESSION_LENGTH);
  bytes[0] = FORMAT;
  writeNumber(bytes, lastSeen, 1);
  bytes.writeUInt32BE(foldedBefore, 7);
  writeNumber(bytes, foldedUp, 11);
  writeNumber(bytes, foldedDown, 17);
  let at = HEAD;
  for (const [id, { seen, isStopped, generation, up, down }] of sessions) {
    bytes.write(id, at, 'hex');
    bytes.writeUInt32BE(seen, at + 20);
    bytes[at + 24] = isStopped ? 1 : 0;
    bytes[at + 25] = Math.min(generation, 255);
    let to = at + 26;
    for (const number of [up.closed, up.lowest, up.highest, down.closed, down.lowest, down.highest]) {
      writeNumber(bytes, number, to);
      to += NUMBER;
    }
    at += SESSION_LENGTH;
  }
  return bytes;
}

/** @throws ListError for what is none, or of a later version of the tracker */
export function decodeUse(value: Uint8Array): KeyUse {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < HEAD || bytes[0] !== FORMAT || (bytes.length - HEAD) % SESSION_LENGTH !== 0) {
    throw new ListError('what a key was used for is damaged, or of another version');
  }
  const sessions = new Map<string, Session>();
  for (let at = HEAD; at < bytes.length; at += SESSION_LENGTH) {
    sessions.set(bytes.toString('hex', at, at + SESSION_ID), {
      seen: bytes.readUInt32BE(at + 20),
      isStopped: bytes[at + 24] === 1,
      generation: bytes[at + 25] ?? 0,
      up: readSpan(bytes, at + 26),
      down: readSpan(bytes, at + 26 + SPAN),
    });
  }
  return {
    lastSeen: bytes.readUIntBE(1, NUMBER),
    foldedBefore: bytes.readUInt32BE(7),
    foldedUp: bytes.readUIntBE(11, NUMBER),
    foldedDown: bytes.readUIntBE(17, NUMBER),
    sessions,
  };
}

function readSpan(bytes: Buffer, at: number): Span {
  return {
    closed: bytes.readUIntBE(at, NUMBER),
    lowest: bytes.readUIntBE(at + NUMBER, NUMBER),
    highest: bytes.readUIntBE(at + 2 * NUMBER, NUMBER),
  };
}

/** 281 TB are the most. */
function writeNumber(bytes: Buffer, value: number, at: number): void {
  bytes.writeUIntBE(Math.min(value, MAX_NUMBER), at, NUMBER);
}

const FORMAT = 1;
const NUMBER = 6;
const SPAN = 3 * NUMBER;
const HEAD = 23;
const SESSION_LENGTH = SESSION_ID + 4 + 1 + 1 + 2 * SPAN;
const MAX_NUMBER = 2 ** 48 - 1;
