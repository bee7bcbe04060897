/** A copy in memory of its own: whoever keeps a slice keeps all that it is a slice of. */
export function ownMemory(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
