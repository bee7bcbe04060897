import type { Send } from '../aws/request.js';
import type { KeyPage, KeyRange } from '../store.js';
import { s3Refusal, tombstoneBytes } from './objects.js';
import { elements, textOf } from './xml.js';

/** An object as a listing shows it. */
export interface Listed {
  /** Without the prefix. */
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface Listing {
  readonly page: KeyPage;
  /** Those that were passed over. */
  readonly tombstones: readonly Listed[];
}

/** What one request may ask for. */
const maxListed = 1000;

/**
 * A page of the keys of a range that hold something, in the order of bytes. The cursor is the last
 * key of the page. A tombstone is known by its size, so no object is read.
 * @param path of the bucket
 */
export async function listKeys(
  send: Send,
  path: string,
  prefix: string,
  range: KeyRange,
  cursor: string | undefined,
  limit: number,
): Promise<Listing> {
  const keys: string[] = [];
  const tombstones: Listed[] = [];
  let after = cursor ?? justBefore(range.from);
  for (;;) {
    // One more than the page takes, to know whether there is another page.
    const most = Math.min(maxListed, limit - keys.length + 1);
    const { listed, truncated } = await listOnce(send, path, prefix, after, most);
    for (const object of listed) {
      if (object.key >= range.to) return { page: { keys }, tombstones };
      after = object.key;
      if (object.bytes <= tombstoneBytes) tombstones.push(object);
      else if (keys.length < limit) keys.push(object.key);
      else return { page: { keys, cursor: keys.at(-1) ?? after }, tombstones };
    }
    if (!truncated || listed.length === 0) return { page: { keys }, tombstones };
  }
}

async function listOnce(
  send: Send,
  path: string,
  prefix: string,
  after: string,
  most: number,
): Promise<{ listed: Listed[]; truncated: boolean }> {
  const answer = await send({
    name: 'list',
    method: 'GET',
    path,
    query: {
      'list-type': 2,
      'max-keys': most,
      ...(prefix === '' ? {} : { prefix }),
      ...(after === '' ? {} : { 'start-after': prefix + after }),
    },
    repeatable: true,
  });
  if (answer.status !== 200) throw s3Refusal('list', answer);
  const xml = answer.body.toString();
  const listed = elements(xml, 'Contents').map((object): Listed => ({
    key: textOf(object, 'Key').slice(prefix.length),
    etag: textOf(object, 'ETag'),
    bytes: Number(textOf(object, 'Size')),
    modified: Date.parse(textOf(object, 'LastModified')),
  }));
  return { listed, truncated: textOf(xml, 'IsTruncated') === 'true' };
}

/**
 * A text behind which a listing begins with `from` itself: S3 lists what comes after it. Keys have
 * hex digits and dots only, so none is in between.
 */
function justBefore(from: string): string {
  if (from === '') return '';
  return `${from.slice(0, -1)}${String.fromCharCode(from.charCodeAt(from.length - 1) - 1)}~`;
}
