import { ConfigError } from '../../settings/error.js';
import { pem, requireCertificates } from '../../settings/pem.js';
import { integer, text, type Setting, type ValuesOf } from '../../settings/setting.js';
import type { AwsService } from './signed-client.js';
import type { AwsSettingsOptions } from './options.js';

const awsCallTimeoutMs = integer('AWS_CALL_TIMEOUT', {
  description: 'How long one call to S3 or DynamoDB may take, waiting for its turn and a repeat included.',
  unit: 'milliseconds',
  min: 10,
  max: 60_000,
  default: 2000,
});

/**
 * STORE=s3 and STORE=dynamodb: how the API is reached. The first five have the names that AWS's own
 * tools read.
 */
export const awsSettings = {
  awsAccessKeyId: text('AWS_ACCESS_KEY_ID', {
    description: 'Access key of S3 or DynamoDB.',
    takes: 'the id of an access key',
    default: '',
  }),
  awsSecretAccessKey: text('AWS_SECRET_ACCESS_KEY', {
    description: 'Secret of AWS_ACCESS_KEY_ID.',
    takes: 'a secret key',
    secret: true,
    default: '',
  }),
  awsSessionToken: text('AWS_SESSION_TOKEN', {
    description: 'Token of temporary credentials; nothing renews it.',
    takes: 'a token',
    secret: true,
    default: '',
  }),
  awsRegion: text('AWS_REGION', {
    description: 'Region of the bucket or table; servers of your own take the one they were started with.',
    takes: "a region's name",
    default: 'us-east-1',
  }),
  awsEndpointUrl: endpointUrl('AWS_ENDPOINT_URL', {
    description: 'Where the API is; if not set, that of AWS for S3 or DynamoDB in AWS_REGION.',
  }),
  awsCa: pem('AWS_CA', {
    description:
      "Certificate of the authority that signed the server's certificate; if none, those that Node.js trusts.",
  }),
  awsCallTimeoutMs,
  awsKeysTimeoutMs: integer('AWS_KEYS_TIMEOUT', {
    description: 'How long listing a page of keys may take; only the purge and reports list keys.',
    unit: 'milliseconds',
    min: 100,
    max: 600_000,
    default: 30_000,
  }),
  awsMaxConnections: integer('AWS_MAX_CONNECTIONS', {
    description: 'Most connections of a process; each call uses one.',
    unit: 'connections',
    min: 1,
    max: 10_000,
    default: 32,
  }),
  awsQueueDepth: integer('AWS_QUEUE_DEPTH', {
    description: 'Most calls that wait for a connection; more are refused at once.',
    unit: 'calls',
    min: 1,
    max: 1_000_000,
    default: 1000,
  }),
  awsIdleTimeoutMs: integer('AWS_IDLE_TIMEOUT', {
    description: 'A connection that was unused for longer is not used again; less than the server keeps it.',
    unit: 'milliseconds',
    min: 100,
    max: 3_600_000,
    default: 4000,
  }),
};

/** A value for each of the settings above. */
export type AwsSettings = ValuesOf<typeof awsSettings>;

/**
 * How the API is reached by the settings, all but what a run takes from outside.
 * @throws ConfigError if settings do not go together
 */
export function awsOptions(settings: AwsSettings, service: AwsService): AwsSettingsOptions {
  const { awsAccessKeyId, awsSecretAccessKey, awsSessionToken, awsRegion, awsEndpointUrl, awsCa } = settings;
  if (awsAccessKeyId === '') throw new ConfigError('AWS_ACCESS_KEY_ID', 'is not set');
  if (awsSecretAccessKey === '') throw new ConfigError('AWS_SECRET_ACCESS_KEY', 'is not set');
  if (awsCa !== '') requireCertificates('AWS_CA', awsCa);
  return {
    endpoint: new URL(awsEndpointUrl === '' ? endpointOfAws(service, awsRegion) : awsEndpointUrl),
    region: awsRegion,
    credentials: {
      accessKeyId: awsAccessKeyId,
      secretAccessKey: awsSecretAccessKey,
      ...(awsSessionToken === '' ? {} : { sessionToken: awsSessionToken }),
    },
    ...(awsCa === '' ? {} : { ca: awsCa }),
    callTimeoutMs: settings.awsCallTimeoutMs,
    keysTimeoutMs: settings.awsKeysTimeoutMs,
    maxConnections: settings.awsMaxConnections,
    queueDepth: settings.awsQueueDepth,
    idleTimeoutMs: settings.awsIdleTimeoutMs,
  };
}

function endpointOfAws(service: AwsService, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function endpointUrl(name: string, declared: { readonly description: string }): Setting<string> {
  return {
    name,
    description: declared.description,
    takes: 'a URL with http:// or https:// and without a path',
    default: { value: '' },
    secret: false,
    read: (given) => (/^https?:\/\/[^\s/?#@]+\/?$/.test(given) && URL.canParse(given) ? given : undefined),
  };
}

/** A text that goes into URLs as it is. */
export function named(
  settingName: string,
  declared: {
    readonly description: string;
    readonly takes: string;
    readonly pattern: RegExp;
    readonly default: string;
  },
): Setting<string> {
  return {
    name: settingName,
    description: declared.description,
    takes: declared.takes,
    default: { value: declared.default },
    secret: false,
    read: (given) => (declared.pattern.test(given) ? given : undefined),
  };
}
