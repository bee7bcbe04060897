/**
/**
 * What a bundle needs of basho-riak-client: its message definitions, compiled into the bundle. It
 * would read them from files beside its source. Use: spread `rules` into module.rules.
 */
import { fileURLToPath } from 'node:url';

export const rules = [
  {
    test: /[\\/]basho-riak-client[\\/]lib[\\/]protobuf[\\/]riakprotobuf\.js$/,
    loader: fileURLToPath(new URL('./riak-messages-loader.mjs', import.meta.url)),
  },
];
