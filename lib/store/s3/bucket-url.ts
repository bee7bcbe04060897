import type { S3StoreOptions } from './options.js';

/** Where a bucket is. */
export interface BucketUrl {
  readonly endpoint: URL;
  /** Of the bucket itself. */
  readonly path: string;
  /** In front of an object's key. */
  readonly base: string;
}

/** The bucket in the path of its URLs, or in the name of their host. */
export function bucketUrl({
  endpoint,
  bucket,
  pathStyle,
}: Pick<S3StoreOptions, 'endpoint' | 'bucket' | 'pathStyle'>): BucketUrl {
  if (pathStyle) return { endpoint, path: `/${bucket}`, base: `/${bucket}/` };
  const hosted = new URL(endpoint);
  hosted.hostname = `${bucket}.${endpoint.hostname}`;
  return { endpoint: hosted, path: '/', base: '/' };
}
