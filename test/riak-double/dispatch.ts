/** Which message code is answered by whom. */

import { RiakCrash, RiakError } from './answers.js';
import { fetchDataType, updateDataType } from './data-type-requests.js';
import type { Frame } from './framing.js';
import { queryIndex } from './index-query.js';
import { listBuckets, listKeys } from './listings.js';
import {
  bucketPropertiesRequest,
  Code,
  dataTypeFetchRequest,
  dataTypeUpdateRequest,
  deleteRequest,
  getRequest,
  indexRequest,
  listBucketsRequest,
  listKeysRequest,
  putRequest,
  serverInfoAnswer,
  typePropertiesRequest,
} from './messages.js';
import { get, put, remove } from './objects.js';
import { bucketProperties, typeProperties } from './properties.js';
import type { Fields, Message, MessageValue } from './protobuf.js';
import { message, ProtobufError } from './protobuf.js';
import type { Context } from './requests.js';

/** A request that was read: what it is about, and how to answer it. */
export interface Request {
  readonly code: number;
  /** Names as UTF-8; undefined if the message has none. */
  readonly type: string | undefined;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** How long the client lets Riak take, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Does what was asked. Throws, or rejects with, a RiakError. */
  answer(context: Context): Frame[] | Promise<Frame[]>;
}

type Route = (frame: Frame) => Request;

function route<F extends Fields>(
  format: Message<F>,
  answer: (request: MessageValue<F>, context: Context) => Frame[] | Promise<Frame[]>,
): Route {
  return (frame) => {
    const request = format.decode(frame.body);
    const named: Readonly<Record<string, unknown>> = request;
    const name = (field: string) => (Buffer.isBuffer(named[field]) ? named[field].toString() : undefined);
    return {
      code: frame.code,
      type: name('type'),
      bucket: name('bucket'),
      key: name('key'),
      timeoutMs: typeof named['timeout'] === 'number' && named['timeout'] > 0 ? named['timeout'] : undefined,
      answer: (context) => answer(request, context),
    };
  };
}

const nothing = message({});

const routes = new Map<number, Route>([
  [Code.pingRequest, route(nothing, () => [{ code: Code.pingAnswer, body: Buffer.alloc(0) }])],
  [Code.serverInfoRequest, route(nothing, (_, context) => [serverInfo(context)])],
  [Code.getRequest, route(getRequest, get)],
  [Code.putRequest, route(putRequest, put)],
  [Code.deleteRequest, route(deleteRequest, remove)],
  [Code.listBucketsRequest, route(listBucketsRequest, listBuckets)],
  [Code.listKeysRequest, route(listKeysRequest, listKeys)],
  [Code.bucketPropertiesRequest, route(bucketPropertiesRequest, bucketProperties)],
  [Code.typePropertiesRequest, route(typePropertiesRequest, typeProperties)],
  [Code.indexRequest, route(indexRequest, queryIndex)],
  [Code.dataTypeFetchRequest, route(dataTypeFetchRequest, fetchDataType)],
  [Code.dataTypeUpdateRequest, route(dataTypeUpdateRequest, updateDataType)],
]);

/** Riak 3.2 calls itself "25" here: it tells the release of Erlang/OTP that it was built with. */
const SERVER_VERSION = '25';

function serverInfo(context: Context): Frame {
  const info = { node: Buffer.from(context.nodeName), server_version: Buffer.from(SERVER_VERSION) };
  return { code: Code.serverInfoAnswer, body: serverInfoAnswer.encode(info) };
}

/** Served as soon as a node listens, before its services have started. */
const early: readonly number[] = [Code.pingRequest, Code.serverInfoRequest];

/**
 * Throws a RiakError for a code that is unknown or a body that cannot be read.
 * @param isStarting whether the node knows the codes of its services yet
 */
export function readRequest(frame: Frame, isStarting = false): Request {
  if (frame.code === Code.startTls) throw new RiakError('Security not enabled; STARTTLS not allowed.');
  const found = isStarting && !early.includes(frame.code) ? undefined : routes.get(frame.code);
  if (found === undefined) throw new RiakError(`Unknown message code: ${frame.code}`);
  try {
    return found(frame);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw new RiakCrash('Error processing incoming message: error:function_clause:[]');
  }
}
