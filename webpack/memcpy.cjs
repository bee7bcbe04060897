'use strict';

/**
 * In place of an optional addon of bytebuffer: without one it copies every value that is sent or
 * received byte by byte.
 * @param {ArrayBuffer | Uint8Array} target
 * @param {number} targetStart
 * @param {ArrayBuffer | Uint8Array} source
 * @param {number} sourceStart
 * @param {number} sourceEnd
 */
module.exports = function memcpy(target, targetStart, source, sourceStart, sourceEnd) {
  bytesOf(target).set(bytesOf(source).subarray(sourceStart, sourceEnd), targetStart);
};

/** @param {ArrayBuffer | Uint8Array} memory */
function bytesOf(memory) {
  return memory instanceof ArrayBuffer ? new Uint8Array(memory) : memory;
}
