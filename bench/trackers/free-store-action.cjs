/**
 * The announce bundle on a store in memory that answers at once, as an action's code may require
 * it: what is left of an announce when the store costs nothing.
 */
/** @param {string} bundle the bundle's path @param {object} config every setting, as parseConfig gives them */
exports.freeStoreAction = function freeStoreAction(bundle, config) {
  const { create } = require(bundle);
  /** @type {Map<string, { values: Uint8Array[], version: number | undefined, stored: boolean }>} */
  const entries = new Map();
  const nothing = { values: [], version: undefined };
  let lastVersion = 0;
  const store = {
    fetch: (/** @type {string} */ key) => Promise.resolve(entries.get(key) ?? nothing),
    put: (
      /** @type {string} */ key,
      /** @type {Uint8Array} */ value,
      /** @type {number | undefined} */ version,
    ) => {
      const held = entries.get(key) ?? nothing;
      if (held.version !== version) return Promise.resolve({ ...held, stored: false });
      lastVersion += 1;
      const entry = { values: [value], version: lastVersion, stored: true };
      entries.set(key, entry);
      return Promise.resolve(entry);
    },
    increment: () => Promise.resolve(),
    count: () => Promise.resolve(0),
  };
  const complain = (/** @type {string} */ event) => {
    throw new Error(`the tracker logged: ${event}`);
  };
  const quiet = () => undefined;
  return create({
    config,
    store,
    clock: Date,
    random: Math.random,
    log: { error: complain, warn: complain, info: quiet, debug: quiet },
  });
};
