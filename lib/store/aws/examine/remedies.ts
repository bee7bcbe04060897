/** What mends what a signed API complains about, the same for both. */
import type { Finding } from '../../../finding.js';
import { wrong } from '../../../finding.js';
import { reasonOf } from '../../../error-message.js';
import { RefusalError } from '../failures.js';

/** What one API has of its own. */
export interface ApiWords {
  /** What makes the bucket or table. */
  readonly create: string;
  /** Everything that a user of the tracker must be allowed. */
  readonly permissions: string;
}

/** A finding for a request that failed, by the server's own words. */
export function failed(subject: string, error: unknown, words: ApiWords): Finding {
  const detail = error instanceof RefusalError ? error.message : reasonOf(error);
  return wrong(subject, detail, remedyFor(detail, words));
}

function remedyFor(detail: string, { create, permissions }: ApiWords): string {
  if (/the clock of this machine|RequestTimeTooSkewed|Signature expired|not yet current/.test(detail)) {
    return 'set the clock of this machine: run NTP';
  }
  if (/NoSuchBucket|ResourceNotFound/.test(detail)) return create;
  if (/InvalidAccessKeyId|UnrecognizedClient|InvalidClientTokenId|IncompleteSignature/.test(detail)) {
    return 'set AWS_ACCESS_KEY_ID to a key of this server';
  }
  if (/SignatureDoesNotMatch|InvalidSignature/.test(detail)) {
    return 'compare AWS_SECRET_ACCESS_KEY with the secret of AWS_ACCESS_KEY_ID; the server may also be for another AWS_REGION';
  }
  if (detail.includes('ExpiredToken')) return 'give a new AWS_SESSION_TOKEN, or a key that does not expire';
  if (/AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocation|region/i.test(detail)) {
    return 'set AWS_REGION to the region of the bucket or table';
  }
  if (/AccessDenied|Forbidden|NotAuthorized/i.test(detail)) return `allow the key to use ${permissions}`;
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(detail)) {
    return 'start the server, or name it as it is known here: AWS_ENDPOINT_URL';
  }
  if (/certificate|self-signed|altname|unable to verify/i.test(detail)) {
    return "set AWS_CA to the certificate of the authority that signed the server's; it must be for the name in AWS_ENDPOINT_URL";
  }
  if (/no answer|in time|slow ?down|throttl|throughput/i.test(detail)) {
    return 'see whether the server is overloaded; or allow more time: AWS_CALL_TIMEOUT';
  }
  return 'see the log of the server';
}
