import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';

import { ministackPython } from '../../scripts/test/ministack.mjs';
import { versitygwForTests } from '../../scripts/test/versitygw.mjs';
import { systemClock } from '../../lib/environment.js';
import { createTable } from '../../lib/store/dynamodb/create.js';
import { openDynamoDbStore } from '../../lib/store/dynamodb/dynamodb-store.js';
import type { DynamoDbStoreOptions } from '../../lib/store/dynamodb/options.js';
import { createBucket } from '../../lib/store/s3/create.js';
import type { S3StoreOptions } from '../../lib/store/s3/options.js';
import { openS3Store } from '../../lib/store/s3/s3-store.js';
import type { AwsOptions } from '../../lib/store/aws/options.js';
import type { Store } from '../../lib/store/store.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import type { Requirement } from './programs.js';
import { startProgram, type RunningProgram } from './running-program.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';
import type { Settings } from './tracker-process.js';

/** How a server is started. It listens on the loopback interface only. */
interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that others wrote and run. */
export interface ServerKind {
  readonly api: 's3' | 'dynamodb';
  readonly requirement: Requirement;
  readonly launch: (port: number, directory: string) => Launch;
  /**
   * Whether it is a server that a tracker may run on: it has what it answered when it is started
   * again, and serves several processes. Of the others only the store contract is tested.
   */
  readonly whole: boolean;
  /** Whether a conditional DELETE is atomic. */
  readonly deletes: boolean;
  /** Of a server that runs already: nobody starts it here, and nobody kills it. */
  readonly endpoint?: string;
}

/**
 * Servers that somebody has started by hand, as TEST_S3_ENDPOINT and TEST_DYNAMODB_ENDPOINT name
 * them, e.g. `http://127.0.0.1:8333`; with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they check
 * these. Each suite makes a bucket or table of its own there, and leaves it.
 */
function runningServer(api: 's3' | 'dynamodb', endpoint: string | undefined): Record<string, ServerKind> {
  if (endpoint === undefined || endpoint === '') return {};
  const launch = (): never => {
    throw new Error(`${endpoint} is not started here`);
  };
  const kind = { api, requirement: () => undefined, launch, whole: true, deletes: true, endpoint };
  return { [`${api} at ${endpoint}`]: kind };
}

const accessKeyId = 'tracker';
const secretAccessKey = 'secret-of-the-tests';
let named = 0;
const readyMs = 30_000;

const dynalite = createRequire(import.meta.url).resolve('dynalite/cli.js');

function ministack(service: 's3' | 'dynamodb'): ServerKind {
  return {
    api: service,
    requirement: () =>
      existsSync(ministackPython)
        ? undefined
        : 'install Python with venv, so that npm test can install ministack',
    launch: (port) => ({
      command: ministackPython,
      args: ['-m', 'ministack'],
      env: { GATEWAY_PORT: String(port), BIND_HOST: '127.0.0.1', SERVICES: service, LOG_LEVEL: 'ERROR' },
    }),
    whole: false,
    deletes: true,
  };
}

export const realServers: Readonly<Record<string, ServerKind>> = {
  versitygw: {
    api: 's3',
    requirement: () =>
      existsSync(versitygwForTests) ? undefined : 'install Go, so that npm test can build versitygw',
    launch: (port, directory) => ({
      command: versitygwForTests,
      args: [
        ...['--port', `127.0.0.1:${port}`, '--access', accessKeyId, '--secret', secretAccessKey],
        ...['--keep-alive', '--quiet', 'posix', directory],
      ],
    }),
    whole: true,
    deletes: false,
  },
  'ministack for S3': ministack('s3'),
  dynalite: {
    api: 'dynamodb',
    requirement: () => undefined,
    launch: (port, directory) => ({
      command: process.execPath,
      args: [
        ...[dynalite, '--host', '127.0.0.1', '--port', String(port), '--path', directory],
        ...['--createTableMs', '10'],
      ],
    }),
    whole: true,
    deletes: true,
  },
  'ministack for DynamoDB': ministack('dynamodb'),
  ...runningServer('s3', process.env['TEST_S3_ENDPOINT']),
  ...runningServer('dynamodb', process.env['TEST_DYNAMODB_ENDPOINT']),
};

/** Starts a server with an empty bucket or table; the test disposes of it. */
export async function startRealServer(kind: ServerKind): Promise<RealServer> {
  const directory = await makeTempDir();
  try {
    const port = await freePort();
    const program = kind.endpoint === undefined ? await launch(kind, port, directory) : undefined;
    const server = new RealServer(kind, port, directory, program);
    await server.prepare();
    return server;
  } catch (error) {
    await removeTempDir(directory);
    throw error;
  }
}

export class RealServer {
  private readonly endpoint: string;
  private readonly bucketOrTable: string;
  private readonly credentials: AwsOptions['credentials'];

  constructor(
    private readonly kind: ServerKind,
    private readonly port: number,
    private readonly directory: string,
    /** Undefined: it was started by hand. */
    private program: RunningProgram | undefined,
  ) {
    const isOurs = kind.endpoint === undefined;
    const { AWS_ACCESS_KEY_ID = accessKeyId, AWS_SECRET_ACCESS_KEY = secretAccessKey } = isOurs
      ? {}
      : process.env;
    this.credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    this.endpoint = kind.endpoint ?? `http://127.0.0.1:${port}`;
    this.bucketOrTable = isOurs ? 'tracker' : `tracker-${process.pid}-${++named}`;
  }

  /** For a tracker that uses this server. */
  get settings(): Settings {
    const { bucketOrTable, credentials, endpoint, kind } = this;
    return {
      STORE: kind.api,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(kind.api === 's3' ? { S3_BUCKET: bucketOrTable } : { DYNAMODB_TABLE: bucketOrTable }),
    };
  }

  /** A store as a process would have it. The test closes it. */
  open(changes: Partial<AwsOptions> = {}): Store {
    return this.kind.api === 's3'
      ? openS3Store({ ...this.s3, ...changes })
      : openDynamoDbStore({ ...this.dynamoDb, ...changes });
  }

  async prepare(): Promise<void> {
    await (this.kind.api === 's3' ? createBucket(this.s3) : createTable(this.dynamoDb));
  }

  async kill9(): Promise<void> {
    if (this.program === undefined) throw new Error(`${this.endpoint} was not started here`);
    await this.program.kill9();
  }

  /** On the same port, with what it has kept. */
  async restart(): Promise<void> {
    this.program = await launch(this.kind, this.port, this.directory);
  }

  describe(): string {
    return this.program?.describe() ?? this.endpoint;
  }

  async dispose(): Promise<void> {
    await this.program?.stop();
    await removeTempDir(this.directory);
  }

  get s3(): S3StoreOptions {
    return {
      ...this.options,
      bucket: this.bucketOrTable,
      prefix: 'tracker/',
      pathStyle: true,
      removal: this.kind.deletes ? 'delete' : 'tombstone',
      tombstoneLifetimeMs: 3_600_000,
    };
  }

  get dynamoDb(): DynamoDbStoreOptions {
    return { ...this.options, table: this.bucketOrTable };
  }

  private get options(): AwsOptions {
    return {
      endpoint: new URL(this.endpoint),
      region: 'us-east-1',
      credentials: this.credentials,
      callTimeoutMs: 10_000,
      keysTimeoutMs: 30_000,
      maxConnections: 32,
      queueDepth: 10_000,
      idleTimeoutMs: 4000,
      clock: systemClock,
      random: Math.random,
    };
  }
}

async function launch(kind: ServerKind, port: number, directory: string): Promise<RunningProgram> {
  const { command, args, env = {} } = kind.launch(port, directory);
  const { PATH, HOME } = process.env;
  const program = await startProgram(command, args, { cwd: directory, env: { PATH, HOME, ...env } });
  try {
    await eventually(
      'the server listens',
      readyMs,
      () => {
        if (program.exit !== undefined) throw new Error(`the server ended\n${program.describe()}`);
        return listens(port);
      },
      () => program.describe(),
    );
  } catch (error) {
    await program.kill9();
    throw error;
  }
  return program;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
