import { awsOptions, awsSettings, named } from '../aws/settings.js';
import { ConfigError } from '../../settings/error.js';
import { choice, type ValuesOf } from '../../settings/setting.js';
import type { S3SettingsOptions } from './options.js';

/**
 * Longer than a peer lives, by default. A matter of thrift: a swarm that comes and goes needs no
 * object made anew each time. A conditional DELETE is safe at any time.
 */
const tombstoneLifetimeMs = 3_600_000;

/** STORE=s3: swarms in a bucket. */
export const s3Settings = {
  ...awsSettings,
  s3Bucket: named('S3_BUCKET', {
    description: 'Bucket of swarms and download counts.',
    takes: 'the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    default: '',
  }),
  s3Prefix: named('S3_PREFIX', {
    description: 'In front of every key; trackers that share a bucket have different ones.',
    takes: 'letters, digits, dots, hyphens, underscores and slashes; no part begins with a dot',
    pattern: /^(?=.{1,200}$)[\w-][\w.-]*(?:\/[\w-][\w.-]*)*\/?$/,
    default: 'tracker/',
  }),
  s3Addressing: choice('S3_ADDRESSING', {
    description:
      "Where the bucket is in a URL: in the path, or in the host's name; auto is the path if AWS_ENDPOINT_URL is set.",
    options: ['auto', 'path', 'host'],
    default: 'auto',
  }),
  s3Removal: choice('S3_REMOVAL', {
    description:
      'How a swarm is removed: tombstone leaves an object of 15 bytes, delete is for servers with an atomic conditional DELETE (AWS).',
    options: ['tombstone', 'delete'],
    default: 'tombstone',
  }),
};

/** A value for each of the settings above. */
export type S3Settings = ValuesOf<typeof s3Settings>;

/**
 * The store's options by the settings, all but what a run takes from outside.
 * @throws ConfigError if settings do not go together
 */
export function s3Options(settings: S3Settings): S3SettingsOptions {
  const { s3Bucket, s3Prefix, s3Addressing, s3Removal, awsEndpointUrl } = settings;
  if (s3Bucket === '') throw new ConfigError('S3_BUCKET', 'is not set');
  return {
    ...awsOptions(settings, 's3'),
    bucket: s3Bucket,
    prefix: s3Prefix,
    pathStyle: s3Addressing === 'path' || (s3Addressing === 'auto' && awsEndpointUrl !== ''),
    removal: s3Removal,
    tombstoneLifetimeMs,
  };
}
