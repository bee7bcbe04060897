import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import { BATCH_HEADER, BATCH_VERSION } from '../../batch/format.js';
import type { Config } from '../../config.js';

/** OpenWhisk gave no answer of the action. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';

  /**
   * @param isConnectionLost the connection had been kept and ended before any of an answer came, as
   *   idle ones do
   */
  constructor(
    message: string,
    readonly isConnectionLost = false,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export type PlatformSettings = Pick<
  Config,
  | 'openwhiskApi'
  | 'openwhiskNamespace'
  | 'openwhiskPackage'
  | 'trackerSecret'
  | 'frontRuns'
  | 'frontTimeoutMs'
>;

/** More than a result can have. */
const MAX_ANSWER_BYTES = 2_097_152;

/** Shorter than the controller's own 60 s, so that this side is the one that closes. */
const IDLE_MS = 30_000;

/** Asks the announce action for runs, over kept connections: one for each run at a time. */
export class PlatformClient {
  private readonly url: URL;
  private readonly agent: HttpAgent;
  private readonly send: typeof httpRequest;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(private readonly settings: PlatformSettings) {
    const {
      openwhiskApi,
      openwhiskNamespace: namespace,
      openwhiskPackage,
      trackerSecret,
      frontRuns,
    } = settings;
    this.url = new URL(`/api/v1/web/${namespace}/${openwhiskPackage}/announce.http`, openwhiskApi);
    const isSecure = this.url.protocol === 'https:';
    const options = { keepAlive: true, maxSockets: frontRuns, timeout: IDLE_MS };
    this.agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
    this.send = isSecure ? httpsRequest : httpRequest;
    this.headers = {
      'Content-Type': 'application/octet-stream',
      [BATCH_HEADER]: String(BATCH_VERSION),
      ...(trackerSecret === '' ? {} : { 'X-Require-Whisk-Auth': trackerSecret }),
    };
  }

  /**
   * Runs the action once.
   * @returns the bytes that the action answered with
   * @throws (rejects with) a PlatformError, whatever the platform says and for whatever reason
   *   nothing comes
   */
  run(body: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.headers, 'Content-Length': body.length };
      const request = this.send(this.url, { method: 'POST', agent: this.agent, headers }, (reply) => {
        readAnswer(reply).then(resolve, reject);
      });
      const overdue = setTimeout(() => {
        request.destroy(new PlatformError(`no answer within ${this.settings.frontTimeoutMs} ms`));
      }, this.settings.frontTimeoutMs);
      request.on('error', (cause: NodeJS.ErrnoException) => {
        reject(cause instanceof PlatformError ? cause : lostConnection(request, cause));
      });
      request.on('close', () => {
        clearTimeout(overdue);
      });
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function lostConnection(request: ClientRequest, cause: NodeJS.ErrnoException): PlatformError {
  const isLost = request.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
  return new PlatformError('the connection to OpenWhisk failed', isLost, { cause });
}

async function readAnswer(reply: IncomingMessage): Promise<Buffer> {
  const { statusCode, headers } = reply;
  if (statusCode !== 200 || headers['content-type'] !== 'application/octet-stream') {
    reply.resume();
    throw new PlatformError(`OpenWhisk answered with status ${statusCode ?? 0}`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) throw new PlatformError('the answer is too long');
    }
  } catch (cause) {
    throw cause instanceof PlatformError
      ? cause
      : new PlatformError('the answer was cut off', false, { cause });
  }
  return Buffer.concat(chunks);
}
