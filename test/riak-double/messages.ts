/**
 * Message codes and fields of Riak KV 3.2's protocol-buffers protocol, as far as the double speaks
 * it (riak.proto, riak_kv.proto, riak_dt.proto).
 */

import type { MessageValue } from './protobuf.js';
import { bool, bytes, message, nested, repeated, sint, uint } from './protobuf.js';

export const Code = {
  error: 0,
  pingRequest: 1,
  pingAnswer: 2,
  serverInfoRequest: 7,
  serverInfoAnswer: 8,
  getRequest: 9,
  getAnswer: 10,
  putRequest: 11,
  putAnswer: 12,
  deleteRequest: 13,
  deleteAnswer: 14,
  listBucketsRequest: 15,
  listBucketsAnswer: 16,
  listKeysRequest: 17,
  listKeysAnswer: 18,
  bucketPropertiesRequest: 19,
  bucketPropertiesAnswer: 20,
  indexRequest: 25,
  indexAnswer: 26,
  typePropertiesRequest: 31,
  dataTypeFetchRequest: 80,
  dataTypeFetchAnswer: 81,
  dataTypeUpdateRequest: 82,
  dataTypeUpdateAnswer: 83,
  authenticateRequest: 253,
  authenticateAnswer: 254,
  startTls: 255,
} as const;

export const errorAnswer = message({ errmsg: bytes(1), errcode: uint(2) });

export const serverInfoAnswer = message({ node: bytes(1), server_version: bytes(2) });

export const authenticateRequest = message({ user: bytes(1), password: bytes(2) });

const pair = message({ key: bytes(1), value: bytes(2) });

const contentFields = {
  value: bytes(1),
  content_type: bytes(2),
  charset: bytes(3),
  content_encoding: bytes(4),
  vtag: bytes(5),
  last_mod: uint(7),
  last_mod_usecs: uint(8),
  usermeta: repeated(nested(9, pair)),
  indexes: repeated(nested(10, pair)),
  deleted: bool(11),
};
/** RpbContent: one of the values of an object. Links to other objects (field 6) are not kept. */
export const content = message(contentFields);
export type Content = MessageValue<typeof contentFields>;

const getRequestFields = {
  bucket: bytes(1),
  key: bytes(2),
  r: uint(3),
  pr: uint(4),
  basic_quorum: bool(5),
  notfound_ok: bool(6),
  if_modified: bytes(7),
  head: bool(8),
  deletedvclock: bool(9),
  timeout: uint(10),
  sloppy_quorum: bool(11),
  n_val: uint(12),
  type: bytes(13),
};
export const getRequest = message(getRequestFields);
export type GetRequest = MessageValue<typeof getRequestFields>;

export const getAnswer = message({
  content: repeated(nested(1, content)),
  vclock: bytes(2),
  unchanged: bool(3),
});

const putRequestFields = {
  bucket: bytes(1),
  key: bytes(2),
  vclock: bytes(3),
  content: nested(4, content),
  w: uint(5),
  dw: uint(6),
  return_body: bool(7),
  pw: uint(8),
  if_not_modified: bool(9),
  if_none_match: bool(10),
  return_head: bool(11),
  timeout: uint(12),
  asis: bool(13),
  sloppy_quorum: bool(14),
  n_val: uint(15),
  type: bytes(16),
};
export const putRequest = message(putRequestFields);
export type PutRequest = MessageValue<typeof putRequestFields>;

export const putAnswer = message({ content: repeated(nested(1, content)), vclock: bytes(2), key: bytes(3) });

const deleteRequestFields = {
  bucket: bytes(1),
  key: bytes(2),
  rw: uint(3),
  vclock: bytes(4),
  r: uint(5),
  w: uint(6),
  pr: uint(7),
  pw: uint(8),
  dw: uint(9),
  timeout: uint(10),
  sloppy_quorum: bool(11),
  n_val: uint(12),
  type: bytes(13),
};
export const deleteRequest = message(deleteRequestFields);
export type DeleteRequest = MessageValue<typeof deleteRequestFields>;

const listBucketsFields = { timeout: uint(1), stream: bool(2), type: bytes(3) };
export const listBucketsRequest = message(listBucketsFields);
export type ListBucketsRequest = MessageValue<typeof listBucketsFields>;
export const listBucketsAnswer = message({ buckets: repeated(bytes(1)), done: bool(2) });

const listKeysFields = { bucket: bytes(1), timeout: uint(2), type: bytes(3) };
export const listKeysRequest = message(listKeysFields);
export type ListKeysRequest = MessageValue<typeof listKeysFields>;
export const listKeysAnswer = message({ keys: repeated(bytes(1)), done: bool(2) });

const indexRequestFields = {
  bucket: bytes(1),
  index: bytes(2),
  qtype: uint(3),
  key: bytes(4),
  range_min: bytes(5),
  range_max: bytes(6),
  return_terms: bool(7),
  stream: bool(8),
  max_results: uint(9),
  continuation: bytes(10),
  timeout: uint(11),
  type: bytes(12),
  term_regex: bytes(13),
  pagination_sort: bool(14),
};
export const indexRequest = message(indexRequestFields);
export type IndexRequest = MessageValue<typeof indexRequestFields>;
export const IndexQueryType = { equal: 0, range: 1 } as const;
export const indexAnswer = message({
  keys: repeated(bytes(1)),
  results: repeated(nested(2, pair)),
  continuation: bytes(3),
  done: bool(4),
});

const bucketPropertiesFields = { bucket: bytes(1), type: bytes(2) };
export const bucketPropertiesRequest = message(bucketPropertiesFields);
export type BucketPropertiesRequest = MessageValue<typeof bucketPropertiesFields>;
const typePropertiesFields = { type: bytes(1) };
export const typePropertiesRequest = message(typePropertiesFields);
export type TypePropertiesRequest = MessageValue<typeof typePropertiesFields>;

const moduleFunction = message({ module: bytes(1), function: bytes(2) });
export const properties = message({
  n_val: uint(1),
  allow_mult: bool(2),
  last_write_wins: bool(3),
  has_precommit: bool(5),
  has_postcommit: bool(7),
  chash_keyfun: nested(8, moduleFunction),
  linkfun: nested(9, moduleFunction),
  old_vclock: uint(10),
  young_vclock: uint(11),
  big_vclock: uint(12),
  small_vclock: uint(13),
  pr: uint(14),
  r: uint(15),
  w: uint(16),
  pw: uint(17),
  dw: uint(18),
  rw: uint(19),
  basic_quorum: bool(20),
  notfound_ok: bool(21),
  datatype: bytes(26),
  hll_precision: uint(29),
});
export const bucketPropertiesAnswer = message({ props: nested(1, properties) });

export const DataTypeCode = { counter: 1, set: 2, map: 3, hll: 4, gset: 5 } as const;

const dataTypeFetchFields = {
  bucket: bytes(1),
  key: bytes(2),
  type: bytes(3),
  r: uint(4),
  pr: uint(5),
  basic_quorum: bool(6),
  notfound_ok: bool(7),
  timeout: uint(8),
  sloppy_quorum: bool(9),
  n_val: uint(10),
  include_context: bool(11),
};
export const dataTypeFetchRequest = message(dataTypeFetchFields);
export type DataTypeFetchRequest = MessageValue<typeof dataTypeFetchFields>;

const dataTypeValue = message({ counter_value: sint(1), set_value: repeated(bytes(2)), hll_value: uint(4) });
export const dataTypeFetchAnswer = message({
  context: bytes(1),
  type: uint(2),
  value: nested(3, dataTypeValue),
});

const operationFields = {
  counter_op: nested(1, message({ increment: sint(1) })),
  set_op: nested(2, message({ adds: repeated(bytes(1)), removes: repeated(bytes(2)) })),
  // Maps and grow-only sets are told apart, not served: their contents stay unread.
  map_op: bytes(3),
  hll_op: nested(4, message({ adds: repeated(bytes(1)) })),
  gset_op: bytes(5),
};
export type DataTypeOperation = MessageValue<typeof operationFields>;

const dataTypeUpdateFields = {
  bucket: bytes(1),
  key: bytes(2),
  type: bytes(3),
  context: bytes(4),
  op: nested(5, message(operationFields)),
  w: uint(6),
  dw: uint(7),
  pw: uint(8),
  return_body: bool(9),
  timeout: uint(10),
  sloppy_quorum: bool(11),
  n_val: uint(12),
  include_context: bool(13),
};
export const dataTypeUpdateRequest = message(dataTypeUpdateFields);
export type DataTypeUpdateRequest = MessageValue<typeof dataTypeUpdateFields>;
export const dataTypeUpdateAnswer = message({
  key: bytes(1),
  context: bytes(2),
  counter_value: sint(3),
  set_value: repeated(bytes(4)),
  hll_value: uint(6),
});
