/**
 * The part of basho-riak-client 2.4.0 that this folder uses: its definitions of Riak's messages.
 * The package brings no types.
 */

declare module 'basho-riak-client/lib/protobuf/riakprotobuf.js' {
  /** A field of a message, as protobufjs 5 has read it from a definition. */
  export interface DefinedField {
    readonly name: string;
    readonly id: number;
    readonly repeated: boolean;
    readonly type: { readonly name: string };
    /** Of a field that is a message itself. */
    readonly resolvedType: DefinedMessage | null;
  }

  export interface DefinedMessage {
    getChildren(): readonly DefinedField[];
  }

  const definitions: {
    getProtoFor(name: string): { readonly $type: DefinedMessage } | undefined;
    getCodeFor(name: string): number | undefined;
  };
  export default definitions;
}
