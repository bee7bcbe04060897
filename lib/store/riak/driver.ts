import { ConfigError } from '../../settings/error.js';
import type { Finding } from '../../finding.js';
import { defineStore } from '../driver.js';
import { riakOptions, riakSettings } from './settings.js';

/** STORE=riak: a cluster of Riak KV. */
export const riakDriver = defineStore({
  settings: riakSettings,
  runsInActions: true,
  check({ riakConnectTimeoutMs, riakReplicaTimeoutMs, riakCallTimeoutMs }) {
    if (riakConnectTimeoutMs >= riakCallTimeoutMs) {
      // Else a call would give up before anybody knows that the node is silent.
      throw new ConfigError(
        'RIAK_CONNECT_TIMEOUT',
        `is ${riakConnectTimeoutMs}, takes less than RIAK_CALL_TIMEOUT, which is ${riakCallTimeoutMs}`,
      );
    }
    if (riakReplicaTimeoutMs > riakCallTimeoutMs / 2) {
      // Else no time would be left to take the answer of another replica.
      throw new ConfigError(
        'RIAK_REPLICA_TIMEOUT',
        `is ${riakReplicaTimeoutMs}, takes at most half of RIAK_CALL_TIMEOUT, which is ${riakCallTimeoutMs}`,
      );
    }
  },
  async open(values, context) {
    const { openRiakStore } = await import(/* webpackMode: "eager" */ './riak-store.js');
    return openRiakStore({ ...riakOptions(values), ...context });
  },
  examine(values) {
    const options = riakOptions(values);
    return (async function* (): AsyncGenerator<Finding> {
      const { examineRiak } = await import(/* webpackMode: "eager" */ './examine/examine.js');
      yield* examineRiak(options);
    })();
  },
});
