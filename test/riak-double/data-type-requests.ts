/** Fetching and updating data types (DtFetchReq, DtUpdateReq). */

import { printed, RiakError } from './answers.js';
import type { DataType } from './bucket-types.js';
import type { DataTypeState } from './data-types.js';
import {
  addToCounter,
  counterValue,
  EMPTY_COUNTER,
  EMPTY_SET,
  NotPresentError,
  setMembers,
  updateSet,
} from './data-types.js';
import { readReplicas, writeReplicas } from './coordination.js';
import type { Frame } from './framing.js';
import type { DataTypeFetchRequest, DataTypeOperation, DataTypeUpdateRequest } from './messages.js';
import { Code, DataTypeCode, dataTypeFetchAnswer, dataTypeUpdateAnswer } from './messages.js';
import { readQuorum, writeQuorum } from './quorum.js';
import type { Context } from './requests.js';
import {
  checkTimeout,
  readVclock,
  requireBucket,
  required,
  taskFor,
  typeName,
  uniqueName,
} from './requests.js';
import type { Stored } from './stored.js';
import { encodeVclock } from './vclock.js';

export async function fetchDataType(request: DataTypeFetchRequest, context: Context): Promise<Frame[]> {
  const { datatype } = place(request, context, (name) => `\`${name}\` is not a supported type`);
  checkTimeout(request.timeout);
  const { task, type: bucketType } = taskFor(context, request, required(request.key), request.timeout);
  const state = await readReplicas(task, readQuorum(request, bucketType));
  const type = DataTypeCode[datatype];
  if (state === undefined || state.type === 'object')
    return [{ code: Code.dataTypeFetchAnswer, body: dataTypeFetchAnswer.encode({ type }) }];
  const { context: seen, counter, members, cardinality } = shown(state);
  const answer = {
    context: request.include_context === false ? undefined : seen,
    type,
    value: { counter_value: counter, set_value: members, hll_value: cardinality },
  };
  return [{ code: Code.dataTypeFetchAnswer, body: dataTypeFetchAnswer.encode(answer) }];
}

export async function updateDataType(request: DataTypeUpdateRequest, context: Context): Promise<Frame[]> {
  const unsupported = (name: string) => `Bucket datatype \`${name}\` is not a supported type`;
  const { datatype } = place(request, context, unsupported);
  const operation = required(request.op);
  const asked = operationType(operation);
  if (asked !== datatype) {
    throw new RiakError(`Operation type is \`${asked}\` but  bucket type is \`${datatype}\`.`);
  }
  checkTimeout(request.timeout);
  const generated = request.key === undefined ? uniqueName(context.random) : undefined;
  const { task, type } = taskFor(context, request, request.key ?? required(generated), request.timeout);
  const state = await writeReplicas(task, writeQuorum(request, type), (held, actor) =>
    updated(held, actor, operation, datatype, request.context),
  );
  if (state === undefined || state.type === 'object')
    throw new TypeError('no data type where one was written');
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
): { datatype: DataType } {
  if (context.cluster.type(typeName(request)) === undefined) {
    throw new RiakError(`Error no bucket type \`${printed(Buffer.from(typeName(request), 'latin1'))}\``);
  }
  const { type } = requireBucket(context, request);
  if (!type.allowMult) throw new RiakError('Bucket must be allow_mult=true');
  if (type.datatype === undefined) throw new RiakError(unsupported('undefined'));
  if ('op' in request) writeQuorum(request, type);
  return { datatype: type.datatype };
}

function operationType(operation: DataTypeOperation): DataType {
  if (operation.counter_op !== undefined) return 'counter';
  if (operation.set_op !== undefined) return 'set';
  if (operation.hll_op !== undefined) return 'hll';
  return operation.gset_op === undefined ? 'map' : 'gset';
}

function updated(
  held: Stored | undefined,
  actor: number,
  operation: DataTypeOperation,
  datatype: DataType,
  context: Buffer | undefined,
): DataTypeState {
  switch (datatype) {
    case 'counter': {
      // An increment without an amount is one by one.
      const by = operation.counter_op?.increment ?? 1;
      return addToCounter(held?.type === 'counter' ? held : EMPTY_COUNTER, actor, by);
    }
    case 'set': {
      const { adds = [], removes = [] } = operation.set_op ?? {};
      const seen = context === undefined ? undefined : readVclock(context);
      return refusingAbsent(() =>
        updateSet(held?.type === 'set' ? held : EMPTY_SET, actor, adds, removes, seen),
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
      return { counter: counterValue(state) };
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
