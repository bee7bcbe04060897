import type { Received } from '../store/aws/support/signature.js';
import { SignedServer, type ServerReply } from '../store/aws/support/signed-server.js';
import { consumedUnits } from './units.js';

/** One of the ways in which servers differ. */
export interface DynamoDbDoubleOptions {
  /** Whether a failed condition is answered with the item that is there. */
  readonly showsItem?: boolean;
  /** A conditional write whose check and write are two steps: of writers at once several win. */
  readonly racyPut?: boolean;
  /** Most items that one query reads. */
  readonly pageSize?: number;
}

type Attribute = { S: string } | { N: string } | { B: string };
type Item = Record<string, Attribute>;

interface Request {
  readonly TableName?: string;
  readonly Item?: Item;
  readonly Key?: Item;
  readonly ConditionExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: Record<string, Attribute>;
  readonly ReturnValuesOnConditionCheckFailure?: string;
  readonly ReturnConsumedCapacity?: string;
  readonly ConsistentRead?: boolean;
  readonly ExclusiveStartKey?: Item;
  readonly Limit?: number;
  readonly KeySchema?: unknown;
}

interface Table {
  readonly schema: unknown;
  readonly items: Map<string, Item>;
}

export const dynamoDbCredentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/of+the/tests' };
export const dynamoDbRegion = 'eu-test-1';

const maxItemBytes = 400 * 1024;

/** DynamoDB as far as the tracker uses it: tables with `p` and `k`, in memory. */
export class DynamoDbDouble {
  readonly server: SignedServer;
  readonly tables = new Map<string, Table>([['tracker', { schema: [], items: new Map() }]]);
  /** Units that requests have consumed, as AWS counts them. */
  readonly units = { read: 0, write: 0 };

  constructor(private readonly options: DynamoDbDoubleOptions = {}) {
    this.server = new SignedServer({
      signer: { ...dynamoDbCredentials, region: dynamoDbRegion, service: 'dynamodb' },
      nameOf: actionOf,
      answer: (received) => this.answer(received),
      refuse: (code) => failure(code === 'RequestTimeTooSkewed' ? 'InvalidSignatureException' : code),
    });
  }

  /** Sort keys of all items of the table `tracker`, in order. */
  keys(): string[] {
    return [...(this.tables.get('tracker')?.items.values() ?? [])].map((item) => textOf(item['k'])).sort();
  }

  private async answer(received: Received): Promise<ServerReply> {
    const request = JSON.parse(received.body.toString()) as Request;
    const action = actionOf(received);
    const name = request.TableName ?? '';
    const table = this.tables.get(name);
    if (action === 'CreateTable') {
      if (table !== undefined) return failure('ResourceInUseException');
      this.tables.set(name, { schema: request.KeySchema, items: new Map() });
      return success({ TableDescription: { TableStatus: 'CREATING' } });
    }
    if (table === undefined) return failure('ResourceNotFoundException');
    switch (action) {
      case 'DescribeTable':
        return success({ Table: { TableStatus: 'ACTIVE', KeySchema: table.schema } });
      case 'GetItem':
        return this.get(table, request);
      case 'PutItem':
      case 'DeleteItem':
        return this.write(table, request);
      case 'UpdateItem':
        return this.add(table, request);
      case 'Query':
        return this.query(table, request);
      default:
        return failure('UnknownOperationException');
    }
  }

  private get({ items }: Table, request: Request): ServerReply {
    const item = items.get(nameOf(request.Key));
    this.units.read += consumedUnits.read(
      item === undefined ? 0 : sizeOf(item),
      request.ConsistentRead === true,
    );
    return success(item === undefined ? {} : { Item: item });
  }

  private async write({ items }: Table, request: Request): Promise<ServerReply> {
    const name = nameOf(request.Item ?? request.Key);
    const current = items.get(name);
    const size = request.Item === undefined ? 0 : sizeOf(request.Item);
    if (size > maxItemBytes) return failure('ValidationException');
    this.units.write += consumedUnits.write(Math.max(size, current === undefined ? 0 : sizeOf(current)));
    if (!holds(request, current)) {
      const shows =
        this.options.showsItem !== false && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      return failure(
        'ConditionalCheckFailedException',
        shows && current !== undefined ? { Item: current } : {},
      );
    }
    if (this.options.racyPut === true) await new Promise((resolve) => setTimeout(resolve, 30));
    if (request.Item === undefined) items.delete(name);
    else items.set(name, request.Item);
    return success({});
  }

  private add({ items }: Table, request: Request): ServerReply {
    const [, attribute = '', value = ''] = /^ADD (\w+) (:\w+)$/.exec(request.UpdateExpression ?? '') ?? [];
    const by = request.ExpressionAttributeValues?.[value];
    if (by === undefined || !('N' in by)) return failure('ValidationException');
    const current = items.get(nameOf(request.Key)) ?? { ...request.Key };
    const before = current[attribute];
    const sum = (before !== undefined && 'N' in before ? Number(before.N) : 0) + Number(by.N);
    const item = { ...current, [attribute]: { N: String(sum) } };
    this.units.write += consumedUnits.write(sizeOf(item));
    items.set(nameOf(request.Key), item);
    return success({});
  }

  private query({ items }: Table, request: Request): ServerReply {
    if (request.KeyConditionExpression !== 'p = :p AND k BETWEEN :from AND :to')
      return failure('ValidationException');
    const value = (name: string): string => textOf(request.ExpressionAttributeValues?.[name]);
    const after = textOf(request.ExclusiveStartKey?.['k']);
    const found = [...items.values()]
      .filter((item) => {
        const key = textOf(item['k']);
        return (
          textOf(item['p']) === value(':p') && key >= value(':from') && key <= value(':to') && key > after
        );
      })
      .sort((a, b) => (textOf(a['k']) < textOf(b['k']) ? -1 : 1));
    const page = found.slice(0, Math.min(request.Limit ?? Infinity, this.options.pageSize ?? Infinity));
    const bytes = page.reduce((sum, item) => sum + sizeOf(item), 0);
    this.units.read += consumedUnits.read(bytes, request.ConsistentRead === true);
    const last = page.at(-1);
    return success({
      Items: page.map((item) => ({ k: item['k'] })),
      Count: page.length,
      ...(last !== undefined && page.length < found.length
        ? { LastEvaluatedKey: { p: last['p'], k: last['k'] } }
        : {}),
    });
  }
}

/** The two conditions that the tracker has. */
function holds(
  { ConditionExpression: condition, ExpressionAttributeValues: values }: Request,
  item: Item | undefined,
): boolean {
  if (condition === undefined) return true;
  if (condition === 'attribute_not_exists(k)') return item === undefined;
  if (condition !== 'n = :n') throw new Error(`a condition that the double does not know: ${condition}`);
  return item !== undefined && textOf(item['n']) === textOf(values?.[':n']);
}

function actionOf({ headers }: Received): string {
  return (headers['x-amz-target'] ?? '').replace('DynamoDB_20120810.', '');
}

function nameOf(key: Item | undefined): string {
  return `${textOf(key?.['p'])}/${textOf(key?.['k'])}`;
}

function textOf(attribute: Attribute | undefined): string {
  return attribute !== undefined && 'S' in attribute ? attribute.S : '';
}

/** Bytes as AWS counts them: names and values. */
function sizeOf(item: Item): number {
  return Object.entries(item)
    .map(([name, value]) => {
      const [kind = '', text = ''] = Object.entries(value)[0] ?? [];
      return name.length + (kind === 'B' ? Buffer.from(text, 'base64').length : text.length);
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}

function success(body: object): ServerReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(body),
  };
}

function failure(code: string, more: object = {}): ServerReply {
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({
      __type: `com.amazonaws.dynamodb.v20120810#${code}`,
      message: `the double says ${code}`,
      ...more,
    }),
  };
}

/** A double that answers, with an empty table `tracker`. */
export async function startDynamoDbDouble(options: DynamoDbDoubleOptions = {}): Promise<DynamoDbDouble> {
  const double = new DynamoDbDouble(options);
  await double.server.start();
  return double;
}
