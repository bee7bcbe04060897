import { refusal } from '../aws/failures.js';
import { ProtocolError } from '../remote/failures.js';
import type { Send } from '../aws/request.js';
import { StoreUnavailableError } from '../errors.js';
import type { Item } from './items.js';

/** The condition of a write does not hold. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';

  /** @param item what is there instead; undefined if nothing is, or the server did not show it */
  constructor(readonly item: Item | undefined) {
    super('the condition failed');
  }
}

export interface Reply {
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly LastEvaluatedKey?: unknown;
  readonly Table?: { readonly TableStatus?: string; readonly KeySchema?: unknown };
}

interface Failure {
  readonly __type?: string;
  readonly message?: string;
  readonly Message?: string;
  readonly Item?: Item;
}

/**
 * What may be sent again after its connection was lost. `UpdateItem` adds to counts, and would add
 * twice.
 */
const repeatable = new Set(['GetItem', 'Query', 'DescribeTable', 'CreateTable']);

/** A write may if it is conditional: the first one makes the condition of the second fail. */
function isRepeatable(action: string, request: object): boolean {
  if (action === 'PutItem' || action === 'DeleteItem') return 'ConditionExpression' in request;
  return repeatable.has(action);
}

/**
 * One request of the API, within a call of the store.
 * @throws ConditionFailed, or StoreError for any other refusal
 */
export async function ask(send: Send, action: string, request: object): Promise<Reply> {
  const answer = await send({
    name: action,
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
    },
    body: Buffer.from(JSON.stringify(request)),
    repeatable: isRepeatable(action, request),
  });
  const reply = parsed(answer.body);
  if (answer.status === 200 && reply !== undefined) return reply;
  const { __type: type = '', message, Message, Item } = (reply ?? {}) as Failure;
  const code = type.replace(/^.*#/, '');
  if (code === 'ConditionalCheckFailedException') throw new ConditionFailed(Item);
  if (answer.status === 200) {
    throw new StoreUnavailableError(`DynamoDB answered a ${action} with no JSON`, {
      cause: new ProtocolError('no JSON'),
    });
  }
  throw refusal(`DynamoDB refused a ${action}`, answer, { code, message: message ?? Message ?? '' });
}

function parsed(body: Buffer): Reply | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
