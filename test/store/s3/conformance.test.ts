import { openS3Store } from '../../../lib/store/s3/s3-store.js';
import { startS3Double, type S3DoubleOptions } from '../../s3-double/double.js';
import { storeConformance, type OpenedStore } from '../conformance.js';
import { s3OptionsFor } from './support.js';

const servers: readonly {
  name: string;
  removal: 'tombstone' | 'delete';
  server: S3DoubleOptions;
}[] = [
  { name: 'tombstones', removal: 'tombstone', server: { conditionalDelete: 'ignored' } },
  { name: 'conditional deletes', removal: 'delete', server: {} },
  {
    name: 'short listings, 412 for what is absent',
    removal: 'tombstone',
    server: { pageSize: 2, absentStatus: 412 },
  },
];

for (const { name, removal, server } of servers) {
  storeConformance(`S3, a double with ${name}`, open, { raceRounds: 30 });

  async function open(): Promise<OpenedStore> {
    const double = await startS3Double(server);
    const store = openS3Store(s3OptionsFor(double.server.url, { removal, callTimeoutMs: 5000 }));
    return {
      store,
      close: async () => {
        await store.close();
        await double.server.close();
      },
    };
  }
}
