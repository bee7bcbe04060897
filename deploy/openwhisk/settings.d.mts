import type { Kind } from '../settings.mjs';

type Name =
  'OPENWHISK_APIHOST' | 'OPENWHISK_AUTH' | 'OPENWHISK_NAMESPACE' | 'TRACKER_SECRET' | 'ACTION_CONCURRENCY';

export const platformSettings: Readonly<Record<Name, Kind>>;
