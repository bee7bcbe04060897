/** The messages of Riak's protocol, by the definitions and codes that basho-riak-client brings. */
import definitions, { type DefinedMessage } from 'basho-riak-client/lib/protobuf/riakprotobuf.js';

export type FieldKind = 'number' | 'signed' | 'flag' | 'bytes' | 'message';

export interface MessageField {
  readonly name: string;
  readonly id: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  /** Of a field that is a message itself. */
  readonly message: Message | undefined;
}

/** A message as far as it is used here: fields that are not named are neither written nor read. */
export interface Message {
  readonly fields: readonly MessageField[];
  readonly byId: ReadonlyMap<number, MessageField>;
}

/** Names of fields, those of a message within with what is used of it. */
export interface Used {
  readonly [field: string]: true | Used;
}

const kinds: Readonly<Record<string, FieldKind>> = {
  uint32: 'number',
  enum: 'number',
  sint64: 'signed',
  bool: 'flag',
  bytes: 'bytes',
  message: 'message',
};

/**
 * @throws TypeError if the definitions have no such message or field, or one of a type that is not
 *   known here
 */
export function messageOf(name: string, used: Used): Message {
  const defined = definitions.getProtoFor(name);
  if (defined === undefined) throw new TypeError(`Riak's protocol has no message ${name}`);
  return reduced(name, defined.$type, used);
}

/** @throws TypeError if there is none */
export function codeOf(name: string): number {
  const code = definitions.getCodeFor(name);
  if (code === undefined) throw new TypeError(`Riak's protocol has no code for ${name}`);
  return code;
}

function reduced(name: string, defined: DefinedMessage, used: Used): Message {
  const children = defined.getChildren();
  const fields = Object.entries(used).map(([fieldName, within]): MessageField => {
    const field = children.find((child) => child.name === fieldName);
    const kind = field === undefined ? undefined : kinds[field.type.name];
    if (field === undefined || kind === undefined)
      throw new TypeError(`${name} has no ${fieldName} that is known`);
    const { id, repeated, resolvedType } = field;
    const message =
      within === true || resolvedType === null
        ? undefined
        : reduced(`${name}.${fieldName}`, resolvedType, within);
    if ((kind === 'message') !== (message !== undefined))
      throw new TypeError(`${name}.${fieldName} is a ${kind}`);
    return { name: fieldName, id, kind, repeated, message };
  });
  return { fields, byId: new Map(fields.map((field) => [field.id, field])) };
}
