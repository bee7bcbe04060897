/**
 * A test double of OpenWhisk: one HTTP server that treats web actions as the controller does, down
 * to its losses, takes the calls of wskdeploy and of the npm package `openwhisk`, and runs what was
 * deployed through the protocol of the runtime, each container a process of its own.
 *
 * It has one user. It has no sequences, package bindings, zip files, API gateway, or extensions
 * other than `.http`; log limits and memory limits are kept, but not enforced; triggers are not
 * throttled; activation records have no logs (see `lines`).
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { Alarms } from './alarms.js';
import { Controller, type LogLine } from './controller.js';
import type { Activation } from './activations.js';
import type { Entities } from './entities.js';
import { refusalOf } from './http-rules.js';
import { textOf } from './json.js';
import { settingsOf, type OpenWhiskDoubleOptions } from './options.js';
import { errorReply, jsonReply, Rejection, textReply, type Reply } from './replies.js';
import { readRequest, type Request } from './requests.js';
import { isApiRoute, serveApi } from './rest-api.js';
import { fireTrigger } from './rest-triggers.js';
import { apiHostInfo } from './runtimes.js';
import type { WarmContainer } from './warm-container.js';
import { isWebRoute, serveWebAction } from './web-actions.js';

export type { OpenWhiskDoubleOptions } from './options.js';

/** A call that came in, for tests of what a deployment sends. */
export interface Call {
  readonly method: string;
  /** As on the request line. */
  readonly target: string;
}

export interface OpenWhiskDouble {
  readonly port: number;
  /** With scheme, host and port. */
  readonly apiHost: string;
  /** Of its user, `uuid:key`. */
  readonly auth: string;
  readonly namespace: string;
  /** What was deployed. */
  readonly entities: Entities;
  /** What actions have written, oldest first. */
  readonly lines: readonly LogLine[];
  /** The API calls with a user's key, web actions not among them. */
  readonly apiCalls: readonly Call[];
  /** Undefined if the package is not installed. */
  readonly alarms: Alarms | undefined;
  /** Ended runs and firings, oldest first, a limited number. */
  activations(): readonly Activation[];
  /** Containers that are alive, of one action (`package/action`) or all; the oldest first. */
  containers(action?: string): readonly WarmContainer[];
  /** The URL of a web action, given as `package/action`. */
  webUrl(action: string): string;
  /** Ends every container and stops listening. Idempotent. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** More than any rule allows, so that the rules and not this server refuse. */
const MAX_HEADER_BYTES = 1_048_576;
const MAX_CODE_BYTES = 48 * 1_048_576;

/** Starts a double; settles when it listens. */
export async function startOpenWhiskDouble(options: OpenWhiskDoubleOptions = {}): Promise<OpenWhiskDouble> {
  const settings = settingsOf(options);
  const apiCalls: Call[] = [];
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 60_000 });
  server.maxHeadersCount = 0;
  server.listen(settings.port, HOST);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  const { port } = address;
  const apiHost = `http://${HOST}:${port}`;
  const controller = new Controller(settings, apiHost);
  const alarms = settings.alarms ? new Alarms(fire) : undefined;

  function fire(name: string, payload: Activation['result']): void {
    const trigger = controller.entities.triggers.get(name);
    if (trigger === undefined) throw new Error(`no trigger ${name}`);
    fireTrigger(controller, trigger, payload as Parameters<typeof fireTrigger>[2], newTransactionId());
  }

  async function route(request: Request): Promise<Reply> {
    if (isWebRoute(request.path)) return serveWebAction(controller, request);
    if (isApiRoute(request.path)) {
      apiCalls.push({
        method: request.method,
        target: request.query === '' ? request.path : `${request.path}?${request.query}`,
      });
      return serveApi({ controller, alarms }, request);
    }
    if (request.path === '/' || request.path === '/api/v1') return jsonReply(200, apiHostInfo(settings));
    return textReply(404, 'The requested resource could not be found.');
  }

  /** An action's code may be larger than what it is given. */
  function bodyLimit({ method }: IncomingMessage): number {
    return method === 'PUT' ? MAX_CODE_BYTES : settings.maxPayloadBytes;
  }

  async function answer(message: IncomingMessage): Promise<Reply> {
    const refusal = refusalOf(message.url ?? '', message.rawHeaders);
    if (refusal !== undefined) {
      message.resume();
      return refusal;
    }
    const id = newTransactionId();
    const reply = await routed(message, id);
    // Whatever came of it, the reply names the transaction.
    const transactionId = textOf(message.headers['x-request-id'] ?? id);
    return { ...reply, headers: [['X-Request-ID', transactionId], ...reply.headers] };
  }

  async function routed(message: IncomingMessage, transactionId: string): Promise<Reply> {
    try {
      return await route(await readRequest(message, transactionId, bodyLimit(message)));
    } catch (error) {
      if (error instanceof Rejection) return errorReply(error.status, error.message, transactionId);
      return errorReply(500, `There was an internal server error. ${String(error)}`, transactionId);
    }
  }

  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    void answer(message).then((reply) => {
      send(response, reply);
    });
  });
  return {
    port,
    apiHost,
    auth: settings.auth,
    namespace: settings.namespace,
    entities: controller.entities,
    lines: controller.lines,
    apiCalls,
    alarms,
    activations: () => controller.activations.all(),
    containers: (action) => controller.invoker.containers(action),
    webUrl: (action) =>
      `${apiHost}/api/v1/web/${settings.namespace}/${action.includes('/') ? action : `default/${action}`}`,
    close: async () => {
      await controller.invoker.close();
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  if (status !== 204) response.setHeader('Content-Length', body.length);
  response.writeHead(status);
  response.end(body);
}

function newTransactionId(): string {
  return randomBytes(16).toString('hex');
}
