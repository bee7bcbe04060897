'use strict';

/** In place of an optional addon of bytebuffer: without one it copies every value that is sent or received byte by byte. */
module.exports = function memcpy(target, targetStart, source, sourceStart, sourceEnd) {
  bytesOf(target).set(bytesOf(source).subarray(sourceStart, sourceEnd), targetStart);
};

function bytesOf(memory) {
  return memory instanceof ArrayBuffer ? new Uint8Array(memory) : memory;
}
