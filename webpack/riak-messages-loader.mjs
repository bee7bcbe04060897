/**
 * Puts a module in place of basho-riak-client/lib/protobuf/riakprotobuf.js that answers the same
 * questions without reading files: the .proto and .csv files beside it are parsed while the bundle
 * is built.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// @ts-expect-error This old version comes without types.
import ProtoBuf from 'protobufjs';

/**
 * Time series, search and indexes of search are never asked for. riak.proto is imported by the
 * others.
 */
const definitions = ['riak.proto', 'riak_dt.proto', 'riak_kv.proto'];

/** @this {import('webpack').LoaderContext<object>} */
export default function compileMessages() {
  const directory = join(dirname(this.resourcePath), 'riak_pb', 'src');
  const read = (/** @type {string} */ name) => {
    const file = join(directory, name);
    this.addDependency(file);
    return readFileSync(file, 'utf8');
  };
  const parsed = definitions.map((name) => {
    // All in one builder, in order: what one imports of another is there already.
    return { ...ProtoBuf.DotProto.Parser.parse(read(name)), imports: [] };
  });
  const codes = read('riak_pb_messages.csv')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(','))
    .map(([code, name]) => [Number(code), name]);
  return `
const ProtoBuf = require('protobufjs/dist/protobuf-light.js');
// Messages are written into buffers that grow twofold from 16 bytes: those of requests without a
// value into one.
ProtoBuf.ByteBuffer.DEFAULT_CAPACITY = 256;
const builder = ProtoBuf.newBuilder();
for (const definition of ${JSON.stringify(parsed)}) builder.import(definition);
const nameOf = new Map(${JSON.stringify(codes)});
const codeOf = new Map([...nameOf].map(([code, name]) => [name, code]));
module.exports = {
  getProtoFor: (nameOrCode) => builder.build(typeof nameOrCode === 'number' ? nameOf.get(nameOrCode) : nameOrCode),
  getCodeFor: (name) => codeOf.get(name),
};
`;
}
