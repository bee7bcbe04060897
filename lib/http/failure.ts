import bencode from 'bencode';

/**
 * A failure as the reply to an announce or a scrape (BEP 3), with `retry in` (BEP 31) if the client is to be told.
 * @param reason text for the user of the client
 * @param retryIn minutes, or `'never'`
 */
export function encodeFailure(reason: string, retryIn?: number | 'never'): Buffer {
  // Failures are rare and small: the general encoder will do.
  const bytes = bencode.encode({
    'failure reason': reason,
    ...(retryIn === undefined ? {} : { 'retry in': retryIn }),
  });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
