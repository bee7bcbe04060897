import { integer, text } from '../settings/setting.js';

/**
 * The front: announces come by UDP and HTTP, and go to OpenWhisk, many in one run. Only `npm run
 * front` uses these.
 */
export const frontSettings = {
  openwhiskApi: text('OPENWHISK_API', {
    description: 'URL of the API host of OpenWhisk that the front hands announces to.',
    takes: 'a URL with http or https and no path',
    default: '',
  }),
  openwhiskNamespace: text('OPENWHISK_NAMESPACE', {
    description: 'Namespace of the announce action; its own name, not _.',
    takes: 'a name',
    default: '',
  }),
  openwhiskPackage: text('OPENWHISK_PACKAGE', {
    description: 'Package of the announce action.',
    takes: 'a name',
    default: 'tracker',
  }),
  trackerSecret: text('TRACKER_SECRET', {
    description: 'What the action was deployed with as TRACKER_SECRET.',
    takes: '16 to 128 letters, digits, - and _',
    secret: true,
    default: '',
  }),
  frontBatchRequests: integer('FRONT_BATCH_REQUESTS', {
    description: 'Most announces and scrapes in one run.',
    unit: 'requests',
    min: 1,
    max: 2000,
    default: 256,
  }),
  frontBatchBytes: integer('FRONT_BATCH_BYTES', {
    description: 'Most bytes of one run; OpenWhisk takes a megabyte, in base64.',
    unit: 'bytes',
    min: 4096,
    max: 700_000,
    default: 262_144,
  }),
  frontWaitMs: integer('FRONT_WAIT', {
    description: 'How long an announce waits for others to share its run.',
    unit: 'milliseconds',
    min: 0,
    max: 1000,
    default: 4,
  }),
  frontRuns: integer('FRONT_RUNS', {
    description: 'Most runs at once, each on a connection of its own.',
    unit: 'runs',
    min: 1,
    max: 256,
    default: 8,
  }),
  frontQueue: integer('FRONT_QUEUE', {
    description: 'Most announces and scrapes that wait for a run; more are told to come again.',
    unit: 'requests',
    min: 1,
    max: 1_000_000,
    default: 20_000,
  }),
  frontTimeoutMs: integer('FRONT_TIMEOUT', {
    description: 'How long a run may take; longer than the timeout of the action, which is 10 seconds.',
    unit: 'milliseconds',
    min: 100,
    max: 120_000,
    default: 15_000,
  }),
};
