import { openDynamoDbStore } from '../../../lib/store/dynamodb/dynamodb-store.js';
import { startDynamoDbDouble, type DynamoDbDoubleOptions } from '../../dynamodb-double/double.js';
import { storeConformance, type OpenedStore } from '../conformance.js';
import { dynamoDbOptionsFor } from './support.js';

const servers: readonly { name: string; server: DynamoDbDoubleOptions }[] = [
  { name: 'that shows the item in the way', server: {} },
  { name: 'that does not, and answers queries in small pages', server: { showsItem: false, pageSize: 2 } },
];

for (const { name, server } of servers) {
  storeConformance(`DynamoDB, a double ${name}`, open, { raceRounds: 30 });

  async function open(): Promise<OpenedStore> {
    const double = await startDynamoDbDouble(server);
    const store = openDynamoDbStore(dynamoDbOptionsFor(double.server.url, { callTimeoutMs: 5000 }));
    return {
      store,
      close: async () => {
        await store.close();
        await double.server.close();
      },
    };
  }
}
