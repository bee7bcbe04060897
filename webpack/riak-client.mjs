/**
 * What a bundle needs for basho-riak-client, which was not written to be bundled:
 * - its message definitions are compiled into the bundle; it would read them from files beside its
 *   source;
 * - `new Buffer` is replaced; outside of node_modules it prints a deprecation warning on the user's
 *   terminal;
 * - the addon that one of its packages copies bytes with, if it is there, is a module;
 * - its logger is only what lib/store/riak/client-log.ts needs to catch its lines; winston would
 *   bring transports that nobody uses. Use: spread `rules` into module.rules and `alias` into
 *   resolve.alias.
 */
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

export const rules = [
  {
    test: /[\\/]node_modules[\\/](basho-riak-client|bytebuffer|protobufjs)[\\/].*\.js$/,
    loader: here('./safe-buffer-loader.mjs'),
    // Their AMD branch would be taken, which misses that this is Node.
    parser: { amd: false },
  },
  {
    test: /[\\/]basho-riak-client[\\/]lib[\\/]protobuf[\\/]riakprotobuf\.js$/,
    loader: here('./riak-messages-loader.mjs'),
  },
];

export const alias = {
  winston$: here('./client-logger.cjs'),
  memcpy: here('./memcpy.cjs'),
};
