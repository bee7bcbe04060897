import type { Finding } from '../../finding.js';
import { defineStore } from '../driver.js';
import { dynamoDbOptions, dynamoDbSettings } from './settings.js';

/** STORE=dynamodb: a table of DynamoDB, or of a server that speaks its API. */
export const dynamoDbDriver = defineStore({
  settings: dynamoDbSettings,
  runsInActions: true,
  check(values) {
    dynamoDbOptions(values);
  },
  async open(values, context) {
    const { openDynamoDbStore } = await import(/* webpackMode: "eager" */ './dynamodb-store.js');
    return openDynamoDbStore({ ...dynamoDbOptions(values), ...context });
  },
  async create(values, context) {
    const { createTable } = await import(/* webpackMode: "eager" */ './create.js');
    const made = await createTable({ ...dynamoDbOptions(values), ...context });
    return `table ${values.dynamoDbTable}: ${made ? 'made, billed by request' : 'is there'}`;
  },
  examine(values) {
    const options = dynamoDbOptions(values);
    return (async function* (): AsyncGenerator<Finding> {
      const { examineDynamoDb } = await import(/* webpackMode: "eager" */ './examine/examine.js');
      yield* examineDynamoDb(options);
    })();
  },
});
