/** Replaces the deprecated `new Buffer(size or data, encoding)` of old modules by its successors. */
const bufferOf = `const bufferOf = (data, encoding) =>
  typeof data === 'number' ? Buffer.alloc(data) : Buffer.from(data, encoding);
`;

export default function replaceNewBuffer(source) {
  if (!source.includes('new Buffer(')) return source;
  const replaced = source.replaceAll('new Buffer(', 'bufferOf(');
  // A directive counts only at the very top.
  return `'use strict';\n${bufferOf}${replaced}`;
}
