import type { Kind } from './setting-kinds.mjs';

type Name =
  'OPENWHISK_APIHOST' | 'OPENWHISK_AUTH' | 'OPENWHISK_NAMESPACE' | 'TRACKER_SECRET' | 'ACTION_CONCURRENCY';

export const platformSettings: Readonly<Record<Name, Kind>>;
