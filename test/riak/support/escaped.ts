/** Bytes in a query, each as `%xx`. */
export function everyByteEscaped(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/../g, '%$&');
}
