import type { Row } from '../row.js';
import type { RowName } from '../row-names.js';
import { beside } from './beside.js';
import { coldStart } from './cold-start.js';
import { connections } from './connections.js';
import { flood } from './flood.js';
import { front } from './front.js';
import { growth } from './growth.js';
import { headline } from './headline.js';
import { http } from './http.js';
import { lists } from './lists.js';
import { operations } from './operations.js';
import { purge } from './purge.js';
import { runtime } from './runtime.js';
import { stores } from './stores.js';
import { udp } from './udp.js';

/** Every row by its name. */
export const rows: Readonly<Record<RowName, Row>> = {
  http,
  connections,
  runtime,
  operations,
  growth,
  headline,
  'cold-start': coldStart,
  purge,
  stores,
  udp,
  front,
  beside,
  flood,
  lists,
};
