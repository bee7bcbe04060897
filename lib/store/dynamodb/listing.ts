import type { KeyPage, KeyRange } from '../store.js';
import { partitionCount, partitionNamed } from './items.js';
import type { Reply } from './requests.js';

export type Query = (request: object) => Promise<Reply>;

/**
 * A page of the keys of a range, ascending, partition by partition. The cursor is the last key of
 * the page. A query reads the items whole, whatever it shows of them.
 */
export async function listKeys(
  query: Query,
  range: KeyRange,
  cursor: string | undefined,
  limit: number,
): Promise<KeyPage> {
  const keys: string[] = [];
  // No key continues another one with a blank, or with anything before it.
  const from = cursor === undefined ? range.from : `${cursor} `;
  for (let number = firstPartition(from); number < partitionCount; number += 1) {
    const partition = partitionNamed(number);
    if (partition >= range.to) break;
    let start: unknown;
    do {
      const reply = await query({
        KeyConditionExpression: 'p = :p AND k BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':p': { S: partition }, ':from': { S: from }, ':to': { S: range.to } },
        ProjectionExpression: 'k',
        ConsistentRead: true,
        // One more than the page takes, to know whether there is another page.
        Limit: limit - keys.length + 1,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      for (const { k: { S: key } = {} } of reply.Items ?? []) {
        // The range of a query includes its end.
        if (key === undefined || key >= range.to) continue;
        if (keys.length === limit) return { keys, cursor: keys.at(-1) ?? key };
        keys.push(key);
      }
      start = reply.LastEvaluatedKey;
    } while (start !== undefined);
  }
  return { keys };
}

/** The first partition that may have a key from `from` on. */
function firstPartition(from: string): number {
  let number = 0;
  while (number < partitionCount && `${partitionNamed(number)}~` < from) number += 1;
  return number;
}
