/**
 * Values as objects of a bucket, changed by compare and swap.
 *
 * An object is 16 random bytes, the nonce, and the value behind them. An ETag is a checksum of the
 * content: without the nonce the same value again would have the same ETag, and an old state could
 * pass for the present one. The nonce also tells a writer, whose answer was lost, that what is
 * there is its own.
 *
 * A tombstone is an object shorter than any nonce: it holds nothing.
 */
import { randomBytes } from 'node:crypto';

import { refusal } from '../aws/failures.js';
import type { Answer, Send } from '../aws/request.js';
import { StoreError, StoreUnavailableError } from '../errors.js';
import { textOf } from './xml.js';

const nonceBytes = 16;
export const tombstoneBytes = nonceBytes - 1;

/** An object as it was read. */
export interface ObjectState {
  /** Undefined if there is no object. A tombstone has one. */
  readonly etag: string | undefined;
  /** Undefined if there is no object, or a tombstone. */
  readonly value: Uint8Array | undefined;
  readonly nonce: Buffer | undefined;
}

export interface Written {
  readonly stored: boolean;
  /** What is there now. */
  readonly held: ObjectState;
  /**
   * It is not stored, but was sent twice: it may have been stored in between, and written over
   * since.
   */
  readonly unsure: boolean;
}

const nothing: ObjectState = { etag: undefined, value: undefined, nonce: undefined };

/**
 * Another writer was faster, or is under way: 412 and 409. A PUT that knows an object which is gone
 * is a 404 on AWS. Each means to read again.
 */
const behind = new Set([404, 409, 412]);

/**
 * Refusals of a writer that knew what is there, one after the other: some servers refuse while
 * another write is under way.
 */
const maxRefusals = 20;
/** The pause after such a refusal is random, and at most this many milliseconds. */
const maxPauseMs = 40;

/** The objects of one bucket, within one call of the store. */
export class Objects {
  /** @param pathOf the path of a key's object */
  constructor(
    private readonly send: Send,
    private readonly pathOf: (key: string) => string,
    private readonly random: () => number,
  ) {}

  /** @throws StoreError also if the bucket is not there, which is no absent object */
  async read(key: string): Promise<ObjectState> {
    const answer = await this.send({
      name: 'read',
      method: 'GET',
      path: this.pathOf(key),
      repeatable: true,
    });
    if (answer.status === 404 && codeOf(answer) !== 'NoSuchBucket') return nothing;
    if (answer.status !== 200) throw s3Refusal('read', answer);
    const etag = etagOf(answer);
    const { body } = answer;
    if (body.length < nonceBytes) return { etag, value: undefined, nonce: undefined };
    return { etag, value: body.subarray(nonceBytes), nonce: body.subarray(0, nonceBytes) };
  }

  /**
   * Writes a value over the state with this ETag; undefined: over nothing, be it no object or a
   * tombstone.
   * @returns `stored: false` with what is there if that is another state
   */
  async write(key: string, value: Uint8Array, etag: string | undefined): Promise<Written> {
    const nonce = randomBytes(nonceBytes);
    const body = Buffer.concat([nonce, value]);
    let known = etag;
    let unsure = false;
    for (let refusals = 0; refusals < maxRefusals; refusals += 1) {
      const { done, answer } = await this.put(key, body, known);
      if (done) return { stored: true, held: { etag: etagOf(answer), value, nonce }, unsure: false };
      unsure ||= answer.repeated;
      const held = await this.read(key);
      // Its own write was refused since it is there already: it came twice, or its first answer was
      // lost.
      if (held.nonce?.equals(nonce) === true) return { stored: true, held, unsure: false };
      if (held.value !== undefined && held.etag !== known) return { stored: false, held, unsure };
      // A state that was known is gone. Who knew of nothing writes over the tombstone.
      if (held.value === undefined && etag !== undefined) return { stored: false, held, unsure };
      if (held.etag === known) await this.pause();
      known = held.etag;
    }
    throw new StoreUnavailableError('S3 refused a write again and again that knew what was there');
  }

  /** Puts a tombstone in the place of the state with this ETag, if that is still there. */
  async bury(key: string, etag: string): Promise<void> {
    await this.withdraw(key, etag, async () => {
      const { done } = await this.put(key, randomBytes(tombstoneBytes), etag);
      return done;
    });
  }

  /** Deletes the state with this ETag, if that is still there. Atomic on some servers only. */
  async delete(key: string, etag: string): Promise<void> {
    await this.withdraw(key, etag, async () => {
      const answer = await this.send({
        name: 'delete',
        method: 'DELETE',
        path: this.pathOf(key),
        headers: { 'if-match': etag },
        repeatable: true,
      });
      return succeeded('delete', answer);
    });
  }

  /** Tries until it is done or the state is another one. */
  private async withdraw(key: string, etag: string, attempt: () => Promise<boolean>): Promise<void> {
    for (let refusals = 0; refusals < maxRefusals; refusals += 1) {
      if (await attempt()) return;
      const held = await this.read(key);
      if (held.etag !== etag) return;
      await this.pause();
    }
    throw new StoreUnavailableError('S3 refused a remove again and again that knew what was there');
  }

  /** `done` is false if the state is not the one with this ETag, or another write is under way. */
  private async put(
    key: string,
    body: Buffer,
    etag: string | undefined,
  ): Promise<{ done: boolean; answer: Answer }> {
    const answer = await this.send({
      name: 'write',
      method: 'PUT',
      path: this.pathOf(key),
      headers: {
        'content-type': 'application/octet-stream',
        ...(etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag }),
      },
      body,
      // The condition and the nonce make it the same whether it is carried out once or twice.
      repeatable: true,
    });
    return { done: succeeded('write', answer), answer };
  }

  /** Not all at once again. */
  private pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.random() * maxPauseMs));
  }
}

/** False if the state was another one. */
function succeeded(what: string, answer: Answer): boolean {
  if (answer.status === 200 || answer.status === 204) return true;
  if (behind.has(answer.status) && codeOf(answer) !== 'NoSuchBucket') return false;
  throw s3Refusal(what, answer);
}

/** The error for an answer that says no. */
export function s3Refusal(what: string, answer: Answer): StoreError {
  const xml = answer.body.toString();
  return refusal(`S3 refused a ${what}`, answer, {
    code: textOf(xml, 'Code'),
    message: textOf(xml, 'Message'),
  });
}

function codeOf({ body }: Answer): string {
  return textOf(body.toString(), 'Code');
}

function etagOf({ headers: { etag } }: Answer): string {
  if (etag === undefined || etag === '') throw new StoreError('S3 answered without an ETag');
  return etag;
}
