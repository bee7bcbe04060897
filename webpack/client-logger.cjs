'use strict';

/**
 * The logger of basho-riak-client, silent until lib/store/riak/client-log.ts puts its own methods
 * in place.
 */
const silent = () => undefined;

module.exports = { error: silent, warn: silent, warning: silent, info: silent, debug: silent };
