import { createHash, createHmac } from 'node:crypto';

/** A request as it came. */
export interface Received {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ExpectedSigner {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

/**
 * Whether a request is signed by Signature Version 4; in the API's words if not. Written from the
 * specification alone.
 */
export function signatureProblem(received: Received, signer: ExpectedSigner): string | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      received.headers['authorization'] ?? '',
    );
  if (match === null) return 'AccessDenied';
  const [, key, day = '', region = '', service = '', signed = '', signature] = match;
  if (key !== signer.accessKeyId) return 'InvalidAccessKeyId';
  if (region !== signer.region || service !== signer.service) return 'AuthorizationHeaderMalformed';
  const names = signed.split(';');
  if (!names.includes('host') || [...names].sort().join(';') !== signed) return 'SignatureDoesNotMatch';
  const bodyHash = sha256(received.body);
  const claimed = received.headers['x-amz-content-sha256'];
  if (claimed !== undefined && claimed !== bodyHash) return 'XAmzContentSHA256Mismatch';
  const query = [...received.query]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join('&');
  const headers = names.map((name) => `${name}:${(received.headers[name] ?? '').trim()}\n`).join('');
  const canonical = [received.method, received.path, query, headers, signed, bodyHash].join('\n');
  const date = received.headers['x-amz-date'] ?? '';
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const signingKey = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${signer.secretAccessKey}`),
  );
  return hmac(signingKey, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}

/** Milliseconds since the epoch at which a request says that it was made. */
export function signedAt({ headers }: Received): number {
  const text = headers['x-amz-date'] ?? '';
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
