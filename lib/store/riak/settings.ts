import { ConfigError } from '../../settings/error.js';
import { pem, requireCertificates, requireKeyPair } from '../../settings/pem.js';
import { flag, integer, text, type Setting, type ValuesOf } from '../../settings/setting.js';
import type { RiakAuth, RiakNodeAddress, RiakStoreOptions } from './options.js';

const riakCallTimeoutMs = integer('RIAK_CALL_TIMEOUT', {
  description:
    'How long one call to Riak may take, waiting for a connection and a repeated attempt included.',
  unit: 'milliseconds',
  min: 10,
  max: 60_000,
  default: 2000,
});

/** STORE=riak: swarms in a cluster of Riak KV. */
export const riakSettings = {
  riakNodes: nodes('RIAK_NODES', {
    description: 'Riak nodes by their protocol-buffers listener; any of them may be down.',
    default: ['127.0.0.1:8087'],
  }),
  riakSwarmBucketType: name('RIAK_SWARM_BUCKET_TYPE', {
    description: 'Bucket type of swarms; it needs allow_mult and dvv_enabled.',
    default: 'swarms',
  }),
  riakSwarmBucket: name('RIAK_SWARM_BUCKET', { description: 'Bucket of swarms.', default: 'tracker' }),
  riakCountBucketType: name('RIAK_COUNT_BUCKET_TYPE', {
    description: 'Bucket type of download counts; its datatype is counter.',
    default: 'counts',
  }),
  riakCountBucket: name('RIAK_COUNT_BUCKET', {
    description: 'Bucket of download counts.',
    default: 'tracker',
  }),
  riakCallTimeoutMs,
  riakConnectTimeoutMs: integer('RIAK_CONNECT_TIMEOUT', {
    description: 'How long a node may be silent while a connection opens; less than RIAK_CALL_TIMEOUT.',
    unit: 'milliseconds',
    min: 5,
    max: 60_000,
    default: { of: riakCallTimeoutMs, times: 0.75 },
  }),
  riakReplicaTimeoutMs: integer('RIAK_REPLICA_TIMEOUT', {
    description:
      'How long a read waits for copies on nodes that are silent, before it takes the first answer; at most half of RIAK_CALL_TIMEOUT.',
    unit: 'milliseconds',
    min: 5,
    max: 30_000,
    default: { of: riakCallTimeoutMs, times: 0.25 },
  }),
  riakKeysTimeoutMs: integer('RIAK_KEYS_TIMEOUT', {
    description: 'How long listing a page of keys may take; only the purge and reports list keys.',
    unit: 'milliseconds',
    min: 100,
    max: 600_000,
    default: 30_000,
  }),
  riakMaxConnections: integer('RIAK_MAX_CONNECTIONS', {
    description: 'Most connections of a process to each node; one connection runs one command at a time.',
    unit: 'connections',
    min: 1,
    max: 10_000,
    default: 32,
  }),
  riakQueueDepth: integer('RIAK_QUEUE_DEPTH', {
    description:
      'Most calls that wait for a connection, those for which one is being opened among them; more are refused at once.',
    unit: 'calls',
    min: 1,
    max: 1_000_000,
    default: 1000,
  }),
  riakIdleTimeoutMs: integer('RIAK_IDLE_TIMEOUT', {
    description:
      'A connection that was unused for longer is replaced. With a password each new one costs a node a third of a second.',
    unit: 'milliseconds',
    min: 100,
    max: 3_600_000,
    default: 300_000,
  }),
  riakUser: text('RIAK_USER', {
    description: 'User of Riak security; setting one turns TLS on.',
    takes: 'a user name',
    default: '',
  }),
  riakPassword: text('RIAK_PASSWORD', {
    description:
      'Password of RIAK_USER; none if a client certificate is used. Blanks at its ends are not taken for a part of it.',
    takes: 'a password',
    secret: true,
    default: '',
  }),
  riakCa: pem('RIAK_CA', {
    description:
      "Certificate of the authority that signed the nodes' certificates; if none, those that Node.js trusts.",
  }),
  riakCert: pem('RIAK_CERT', { description: 'Client certificate of RIAK_USER; needs RIAK_KEY.' }),
  riakKey: pem('RIAK_KEY', { description: 'Private key of RIAK_CERT.', secret: true }),
  riakVerify: flag('RIAK_VERIFY', {
    description: "Check the nodes' certificates; off accepts any.",
    default: true,
  }),
};

/** A value for each of the settings above. */
export type RiakSettings = ValuesOf<typeof riakSettings>;

/**
 * The store's options by the settings, all but what a run takes from outside.
 * @throws ConfigError if settings do not go together
 */
export function riakOptions(settings: RiakSettings): Omit<RiakStoreOptions, 'log' | 'clock' | 'random'> {
  const auth = authOf(settings);
  return {
    nodes: settings.riakNodes.map(readNode).filter((node) => node !== undefined),
    swarmBucketType: settings.riakSwarmBucketType,
    swarmBucket: settings.riakSwarmBucket,
    countBucketType: settings.riakCountBucketType,
    countBucket: settings.riakCountBucket,
    callTimeoutMs: settings.riakCallTimeoutMs,
    connectTimeoutMs: settings.riakConnectTimeoutMs,
    replicaTimeoutMs: settings.riakReplicaTimeoutMs,
    keysTimeoutMs: settings.riakKeysTimeoutMs,
    maxConnections: settings.riakMaxConnections,
    queueDepth: settings.riakQueueDepth,
    idleTimeoutMs: settings.riakIdleTimeoutMs,
    ...(auth === undefined ? {} : { auth }),
  };
}

function authOf(settings: RiakSettings): RiakAuth | undefined {
  const { riakUser, riakPassword, riakCa, riakCert, riakKey, riakVerify } = settings;
  if (riakUser === '') {
    // Without a user nothing is encrypted: who set these expects that it is.
    if (riakPassword !== '' || riakCert !== '' || riakKey !== '' || riakCa !== '') {
      throw new ConfigError('RIAK_USER', 'is not set, but RIAK_PASSWORD, RIAK_CERT, RIAK_KEY or RIAK_CA is');
    }
    return undefined;
  }
  if ((riakCert === '') !== (riakKey === '')) throw new ConfigError('RIAK_CERT', 'and RIAK_KEY go together');
  if (riakCa !== '') requireCertificates('RIAK_CA', riakCa);
  if (riakCert !== '') {
    const key = { settingName: 'RIAK_KEY', text: riakKey };
    requireKeyPair({ settingName: 'RIAK_CERT', text: riakCert }, key);
  }
  return {
    user: riakUser,
    ...(riakPassword === '' ? {} : { password: riakPassword }),
    ...(riakCa === '' ? {} : { ca: riakCa }),
    ...(riakCert === '' ? {} : { cert: riakCert, key: riakKey }),
    verify: riakVerify,
  };
}

/** Nodes as `host:port`, each checked; readNode takes them apart. */
function nodes(
  settingName: string,
  declared: { readonly description: string; readonly default: readonly string[] },
): Setting<readonly string[]> {
  return {
    name: settingName,
    description: declared.description,
    takes: 'host:port with commas between them; an IPv6 address in brackets',
    default: { value: declared.default },
    secret: false,
    read: (list) => {
      const parts = list.split(',').map((part) => part.trim());
      return parts.every((part) => readNode(part) !== undefined) ? parts : undefined;
    },
  };
}

/** Reads `host:port` or `[address]:port`. */
function readNode(node: string): RiakNodeAddress | undefined {
  const [, address, host = address, portText] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(node) ?? [];
  const port = Number(portText);
  return host === undefined || !(port >= 1 && port <= 65_535) ? undefined : { host, port };
}

/** Bucket types and buckets by name. */
function name(
  settingName: string,
  declared: { readonly description: string; readonly default: string },
): Setting<string> {
  return text(settingName, { ...declared, takes: 'a name' });
}
