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
  async *examine() {},
});
