/**
 * The standalone process with a part of it left out: `node --import tsx standalone-part.ts [FILE]`
 * listens on PORT. Without a file the tracker is on a store in memory that costs nothing; with one
 * every announce is answered at once with what the file holds.
 */
import { readFileSync } from 'node:fs';
import { parseConfig } from '../../lib/config.js';
import { systemClock } from '../../lib/environment.js';
import { HttpFront } from '../../lib/http/front.js';
import { Health } from '../../lib/standalone/health.js';
import { TrackerServer } from '../../lib/standalone/server.js';
import { InstantStore } from '../support/instant-store.js';
import { strictLog } from '../support/tracker.js';

const config = parseConfig(process.env);
const store = new InstantStore();
const front = new HttpFront({ config, store, clock: systemClock, random: Math.random, log: strictLog });
const [, , file] = process.argv;
const reply = file === undefined ? undefined : readFileSync(file);
const server = new TrackerServer(
  {
    announce: reply === undefined ? front.announce : () => Promise.resolve(reply),
    scrape: front.scrape,
    failure: front.failure,
    health: new Health(() => Promise.resolve(), systemClock, strictLog),
    isTrustedProxy: undefined,
    log: strictLog,
  },
  config,
);
process.once('SIGTERM', () => process.exit(0));
await server.listen(config.port, config.host);
