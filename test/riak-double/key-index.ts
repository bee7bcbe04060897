/** The keys that any vnode holds, by bucket. */

import { SortedKeys } from './sorted-keys.js';

/** Names a key of the cluster: its bucket type, then bucket and key in lower-case hex. */
export function idOf(type: string, bucket: string, key: string): string {
  return `${type}/${bucket}/${key}`;
}

export class KeyIndex {
  /** Bucket type -> bucket in hex -> keys in hex. */
  private readonly types = new Map<string, Map<string, SortedKeys>>();

  add(id: string): void {
    const [type = '', bucket = '', key = ''] = split(id);
    this.keys(type, bucket).add(key);
  }

  delete(id: string): void {
    const [type = '', bucket = '', key = ''] = split(id);
    this.keys(type, bucket).delete(key);
  }

  keys(type: string, bucket: string): SortedKeys {
    let buckets = this.types.get(type);
    if (buckets === undefined) this.types.set(type, (buckets = new Map<string, SortedKeys>()));
    let keys = buckets.get(bucket);
    if (keys === undefined) buckets.set(bucket, (keys = new SortedKeys()));
    return keys;
  }

  /** Names, in hex, of the buckets of a type that hold something. */
  bucketNames(type: string): string[] {
    return [...(this.types.get(type) ?? [])].filter(([, keys]) => keys.size > 0).map(([name]) => name);
  }
}

/** A bucket type may have a slash in its name; hex has none. */
function split(id: string): string[] {
  const keyAt = id.lastIndexOf('/');
  const bucketAt = id.lastIndexOf('/', keyAt - 1);
  return [id.slice(0, bucketAt), id.slice(bucketAt + 1, keyAt), id.slice(keyAt + 1)];
}
