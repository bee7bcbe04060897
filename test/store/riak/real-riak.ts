/**
 * `RIAK_NODES=host:port,host:port npm run test:riak`: the store contract on a real Riak, set up as deploy/riak says.
 * Takes the same settings as the tracker. Not one of the tests that run without being asked: its keys stay in the cluster.
 */
import { systemClock } from '../../../lib/environment.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { riakOptions, riakSettings, type RiakSettings } from '../../../lib/store/riak/settings.js';
import { storeConformance } from '../conformance.js';
import { LogLines } from './support.js';

function settingsFrom(environment: NodeJS.ProcessEnv): RiakSettings {
  const values = Object.entries(riakSettings).map(([field, setting]) => {
    const given = environment[setting.name] ?? '';
    if (given === '') return [field, 'value' in setting.default ? setting.default.value : undefined];
    const value = setting.read(given);
    if (value === undefined) throw new Error(`${setting.name} takes ${setting.takes}`);
    return [field, value];
  });
  const settings: unknown = Object.fromEntries(values);
  return settings as RiakSettings;
}

const options = {
  ...riakOptions(settingsFrom(process.env)),
  log: new LogLines(),
  clock: systemClock,
  random: Math.random,
};

storeConformance(`Riak at ${options.nodes.map(({ host, port }) => `${host}:${port}`).join(', ')}`, () => {
  const store = openRiakStore({ ...options, callTimeoutMs: 10_000 });
  return Promise.resolve({ store, close: () => store.close() });
});
