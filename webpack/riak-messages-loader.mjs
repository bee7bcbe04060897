/**
 * Puts a module in place of basho-riak-client/lib/protobuf/riakprotobuf.js that answers the same
 * questions about messages without reading files and without a library: the .proto and .csv files
 * beside it are read while the bundle is built.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// @ts-expect-error This old version comes without types.
import ProtoBuf from 'protobufjs';

/**
 * Time series, search and indexes of search are never asked for. riak.proto is imported by the
 * others.
 */
const files = ['riak.proto', 'riak_dt.proto', 'riak_kv.proto'];

/** @this {import('webpack').LoaderContext<object>} */
export default function compileMessages() {
  const directory = join(dirname(this.resourcePath), 'riak_pb', 'src');
  const read = (/** @type {string} */ name) => {
    const file = join(directory, name);
    this.addDependency(file);
    return readFileSync(file, 'utf8');
  };
  const builder = ProtoBuf.newBuilder();
  for (const name of files) {
    // All in one builder, in order: what one imports of another is there already.
    builder.import({ ...ProtoBuf.DotProto.Parser.parse(read(name)), imports: [] });
  }
  builder.resolveAll();
  const messages = builder.ns
    .getChildren(ProtoBuf.Reflect.Message)
    .map((/** @type {Message} */ message) => [message.name, fieldsOf(message)]);
  const codes = read('riak_pb_messages.csv')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(','))
    .map(([code, name]) => [name, Number(code)]);
  return `
const fieldsOf = new Map(${JSON.stringify(messages)});
const codeOf = new Map(${JSON.stringify(codes)});
function typeOf(name) {
  const fields = fieldsOf.get(name);
  if (fields === undefined) return undefined;
  return {
    getChildren: () => fields.map(([name, id, repeated, type, message]) => ({
      name, id, repeated, type: { name: type }, resolvedType: message === null ? null : typeOf(message),
    })),
  };
}
module.exports = {
  getProtoFor: (name) => {
    const type = typeOf(name);
    return type === undefined ? undefined : { $type: type };
  },
  getCodeFor: (name) => codeOf.get(name),
};
`;
}

/**
 * As protobufjs, which has no types, describes a message and its fields.
 * @typedef {{ name: string, getChildren: (kind: unknown) => Field[] }} Message
 * @typedef {{ name: string, id: number, repeated: boolean, type: { name: string }, resolvedType: Message | null }} Field
 */

/**
 * Name, number, whether it is repeated, type, and the message that it is if it is one.
 * @param {Message} message
 */
function fieldsOf(message) {
  return message
    .getChildren(ProtoBuf.Reflect.Message.Field)
    .map(({ name, id, repeated, type, resolvedType }) => [
      name,
      id,
      repeated,
      type.name,
      resolvedType?.name ?? null,
    ]);
}
