/**
 * Replaces the deprecated `new Buffer(size or data, encoding)` of old modules by its successors.
 * They are from a time when a buffer of a size was not cleared, and write all of it that they give
 * away.
 */
const bufferOf = `const bufferOf = (data, encoding) =>
  typeof data === 'number' ? Buffer.allocUnsafe(data) : Buffer.from(data, encoding);
`;

/** @param {string} source */
export default function replaceNewBuffer(source) {
  if (!source.includes('new Buffer(')) return source;
  const replaced = source.replaceAll('new Buffer(', 'bufferOf(');
  // A directive counts only at the very top.
  return `'use strict';\n${bufferOf}${replaced}`;
}
