import { createHash } from 'node:crypto';

import type { Received } from '../store/aws/support/signature.js';
import { SignedServer, type ServerReply } from '../store/aws/support/signed-server.js';

/** One of the ways in which servers differ. */
export interface S3DoubleOptions {
  /**
   * `honoured`: a DELETE is conditional and atomic, as on AWS. `checked outside the lock`: a write
   * may come between its check and the removal. `ignored`: it deletes whatever is there.
   */
  readonly conditionalDelete?: 'honoured' | 'checked outside the lock' | 'ignored';
  /** A conditional PUT whose check and write are two steps: of writers at once several win. */
  readonly racyPut?: boolean;
  /** A PUT is done whatever its conditions say. */
  readonly ignoresConditions?: boolean;
  /** What a PUT that knows an absent object is answered with. */
  readonly absentStatus?: 404 | 412;
  /** Most objects that one listing shows. */
  readonly pageSize?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly modified: number;
}

export const s3Credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/of+the/tests' };
export const s3Region = 'eu-test-1';

/** S3 as far as the tracker uses it: buckets in the path of a URL, in memory. */
export class S3Double {
  readonly server: SignedServer;
  /** Objects by bucket and key. */
  readonly buckets = new Map<string, Map<string, StoredObject>>([['tracker', new Map()]]);

  constructor(private readonly options: S3DoubleOptions = {}) {
    this.server = new SignedServer({
      signer: { ...s3Credentials, region: s3Region, service: 's3' },
      nameOf: ({ method, query }) => (query.has('list-type') ? 'LIST' : method),
      answer: (received) => this.answer(received),
      refuse: (code) => failure(403, code),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
    });
  }

  /** Keys of the bucket `tracker`, in order. */
  keys(): string[] {
    return [...(this.buckets.get('tracker')?.keys() ?? [])].sort();
  }

  private answer(received: Received): Promise<ServerReply> | ServerReply {
    const [, name = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(received.path)) ?? [];
    if (key === '') return this.answerBucket(received, name);
    const bucket = this.buckets.get(name);
    if (bucket === undefined) return failure(404, 'NoSuchBucket');
    switch (received.method) {
      case 'GET':
        return found(bucket.get(key));
      case 'PUT':
        return this.put(bucket, key, received);
      case 'DELETE':
        return this.remove(bucket, key, received);
      default:
        return failure(405, 'MethodNotAllowed');
    }
  }

  private answerBucket({ method, query }: Received, name: string): ServerReply {
    const bucket = this.buckets.get(name);
    if (method === 'PUT') {
      if (bucket !== undefined) return failure(409, 'BucketAlreadyOwnedByYou');
      this.buckets.set(name, new Map());
      return { status: 200 };
    }
    if (bucket === undefined) return failure(404, 'NoSuchBucket');
    return method === 'HEAD' ? { status: 200 } : this.list(bucket, query);
  }

  private async put(
    bucket: Map<string, StoredObject>,
    key: string,
    received: Received,
  ): Promise<ServerReply> {
    const { 'if-match': match, 'if-none-match': noneMatch } =
      this.options.ignoresConditions === true ? {} : received.headers;
    const current = bucket.get(key);
    if (noneMatch === '*' && current !== undefined) return failure(412, 'PreconditionFailed');
    if (match !== undefined && current === undefined) {
      const { absentStatus = 404 } = this.options;
      return failure(absentStatus, absentStatus === 404 ? 'NoSuchKey' : 'PreconditionFailed');
    }
    if (match !== undefined && current?.etag !== match) return failure(412, 'PreconditionFailed');
    if (this.options.racyPut === true) await new Promise((resolve) => setTimeout(resolve, 30));
    const etag = `"${createHash('md5').update(received.body).digest('hex')}"`;
    bucket.set(key, { body: received.body, etag, modified: Date.now() });
    return { status: 200, headers: { etag } };
  }

  private async remove(
    bucket: Map<string, StoredObject>,
    key: string,
    received: Received,
  ): Promise<ServerReply> {
    const { conditionalDelete = 'honoured' } = this.options;
    const { 'if-match': match } = received.headers;
    const current = bucket.get(key);
    if (current === undefined) return { status: 204 };
    if (conditionalDelete !== 'ignored' && match !== undefined && current.etag !== match) {
      return failure(412, 'PreconditionFailed');
    }
    if (conditionalDelete === 'checked outside the lock')
      await new Promise((resolve) => setTimeout(resolve, 2));
    bucket.delete(key);
    return { status: 204 };
  }

  private list(bucket: Map<string, StoredObject>, query: URLSearchParams): ServerReply {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('start-after') ?? '';
    const most = Math.min(Number(query.get('max-keys') ?? 1000), this.options.pageSize ?? 1000);
    const keys = [...bucket.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const contents = keys.slice(0, most).map((key) => {
      const object = bucket.get(key);
      const modified = new Date(object?.modified ?? 0).toISOString();
      const etag = object?.etag.replaceAll('"', '&quot;') ?? '';
      return `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified><ETag>${etag}</ETag><Size>${object?.body.length ?? 0}</Size></Contents>`;
    });
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${String(keys.length > most)}</IsTruncated>${contents.join('')}</ListBucketResult>`;
    return { status: 200, headers: { 'content-type': 'application/xml' }, body: xml };
  }
}

function found(object: StoredObject | undefined): ServerReply {
  if (object === undefined) return failure(404, 'NoSuchKey');
  return { status: 200, headers: { etag: object.etag }, body: object.body };
}

function failure(status: number, code: string): ServerReply {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>the double says ${code}</Message></Error>`,
  };
}

/** A double that answers, with an empty bucket `tracker`. */
export async function startS3Double(options: S3DoubleOptions = {}): Promise<S3Double> {
  const double = new S3Double(options);
  await double.server.start();
  return double;
}
