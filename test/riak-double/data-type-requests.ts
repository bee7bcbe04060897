/** Fetching and updating data types (DtFetchReq, DtUpdateReq). */

import { printed, RiakError } from './answers.js';
import type { DataType } from './bucket-types.js';
import type { DataTypeState } from './data-types.js';
import { EMPTY_SET, NotPresentError, setMembers, updateSet } from './data-types.js';
import type { Bucket } from './data.js';
import type { Frame } from './framing.js';
import type { DataTypeFetchRequest, DataTypeOperation, DataTypeUpdateRequest } from './messages.js';
import { Code, DataTypeCode, dataTypeFetchAnswer, dataTypeUpdateAnswer } from './messages.js';
import type { Context } from './requests.js';
import {
  checkQuorums,
  checkTimeout,
  readVclock,
  requireBucket,
  required,
  typeName,
  uniqueName,
} from './requests.js';
import { encodeVclock } from './vclock.js';

export function fetchDataType(request: DataTypeFetchRequest, context: Context): Frame[] {
  const { datatype, bucket } = place(request, context, (name) => `\`${name}\` is not a supported type`);
  checkTimeout(request.timeout);
  const state = bucket.dataTypes.get(required(request.key).toString('hex'));
  const type = DataTypeCode[datatype];
  if (state === undefined)
    return [{ code: Code.dataTypeFetchAnswer, body: dataTypeFetchAnswer.encode({ type }) }];
  const { context: seen, counter, members, cardinality } = shown(state);
  const answer = {
    context: request.include_context === false ? undefined : seen,
    type,
    value: { counter_value: counter, set_value: members, hll_value: cardinality },
  };
  return [{ code: Code.dataTypeFetchAnswer, body: dataTypeFetchAnswer.encode(answer) }];
}

export function updateDataType(request: DataTypeUpdateRequest, context: Context): Frame[] {
  const unsupported = (name: string) => `Bucket datatype \`${name}\` is not a supported type`;
  const { datatype, bucket } = place(request, context, unsupported);
  const operation = required(request.op);
  const asked = operationType(operation);
  if (asked !== datatype) {
    throw new RiakError(`Operation type is \`${asked}\` but  bucket type is \`${datatype}\`.`);
  }
  checkTimeout(request.timeout);
  const generated = request.key === undefined ? uniqueName(context.random) : undefined;
  const key = (request.key ?? required(generated)).toString('hex');
  const state = updated(bucket.dataTypes.get(key), operation, datatype, request.context);
  context.data.writeDataType(bucket, key, state);
  const { context: seen, counter, members, cardinality } = shown(state);
  const body =
    request.return_body === true
      ? dataTypeUpdateAnswer.encode({
          key: generated,
          context: request.include_context === false ? undefined : seen,
          counter_value: counter,
          set_value: members,
          hll_value: cardinality,
        })
      : dataTypeUpdateAnswer.encode({ key: generated });
  return [{ code: Code.dataTypeUpdateAnswer, body }];
}

function place(
  request: DataTypeFetchRequest | DataTypeUpdateRequest,
  context: Context,
  unsupported: (datatype: string) => string,
): { datatype: DataType; bucket: Bucket } {
  if (context.data.type(typeName(request)) === undefined) {
    throw new RiakError(`Error no bucket type \`${printed(Buffer.from(typeName(request), 'latin1'))}\``);
  }
  const { type, bucket } = requireBucket(context, request);
  if (!type.allowMult) throw new RiakError('Bucket must be allow_mult=true');
  if (type.datatype === undefined) throw new RiakError(unsupported('undefined'));
  const quorums = 'op' in request ? [request.w, request.dw, request.pw] : [];
  checkQuorums(type, quorums);
  return { datatype: type.datatype, bucket };
}

function operationType(operation: DataTypeOperation): DataType {
  if (operation.counter_op !== undefined) return 'counter';
  if (operation.set_op !== undefined) return 'set';
  if (operation.hll_op !== undefined) return 'hll';
  return operation.gset_op === undefined ? 'map' : 'gset';
}

/** One actor for the data types of all nodes: the nodes share the data, so their updates have one order. */
const ACTOR = 1;

function updated(
  held: DataTypeState | undefined,
  operation: DataTypeOperation,
  datatype: DataType,
  context: Buffer | undefined,
): DataTypeState {
  switch (datatype) {
    case 'counter': {
      const value = held?.type === 'counter' ? held.value : 0;
      // An increment without an amount is one by one.
      return { type: 'counter', value: value + (operation.counter_op?.increment ?? 1) };
    }
    case 'set': {
      const { adds = [], removes = [] } = operation.set_op ?? {};
      const seen = context === undefined ? undefined : readVclock(context);
      return refusingAbsent(() =>
        updateSet(held?.type === 'set' ? held : EMPTY_SET, ACTOR, adds, removes, seen),
      );
    }
    case 'hll': {
      const members = new Set(held?.type === 'hll' ? held.members : []);
      for (const member of operation.hll_op?.adds ?? []) members.add(member.toString('hex'));
      return { type: 'hll', members };
    }
    case 'map':
    case 'gset':
      throw new RiakError(`the double does not serve the data type ${datatype}`);
  }
}

function shown(state: DataTypeState): {
  context?: Buffer;
  counter?: number;
  members?: Buffer[];
  cardinality?: number;
} {
  switch (state.type) {
    case 'counter':
      return { counter: state.value };
    case 'set':
      return { context: encodeVclock(state.clock), members: setMembers(state) };
    case 'hll':
      return { cardinality: state.members.size };
  }
}

function refusingAbsent<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof NotPresentError)) throw error;
    throw new RiakError(`{precondition,{not_present,${printed(error.member)}}}`);
  }
}
