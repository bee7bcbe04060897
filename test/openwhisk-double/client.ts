/** How tests talk to a double: plain requests, deployments over the API, and small actions. */

import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import type { OpenWhiskDouble } from './double.js';
import { parseJson, toKeyValues, type Json, type JsonObject } from './json.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

/** @param url its path and query go out as they are, in Latin-1 */
export function ask(url: string, { method, headers = {}, body, agent }: Ask = {}): Promise<Answer> {
  const [, host, port, path = '/'] = /^http:\/\/([^:/]+):(\d+)(\/.*)?$/s.exec(url) ?? [];
  return new Promise((resolve, reject) => {
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [name, value] : value.flatMap((one) => [name, one]),
    );
    const fixed = [
      'Host',
      `${host}:${port}`,
      ...(body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
    ];
    const call = request(
      { host, port, path, method: method ?? 'GET', headers: [...fixed, ...lines], agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

export function jsonOf(answer: Answer): Json {
  return parseJson(answer.body.toString());
}

/** A call of the API with the user's key; `path` follows /api/v1/namespaces/_/. */
export function callApi(
  double: OpenWhiskDouble,
  method: string,
  path: string,
  body?: JsonObject,
  auth = double.auth,
): Promise<Answer> {
  return ask(`${double.apiHost}/api/v1/namespaces/_/${path}`, {
    method,
    headers: {
      Authorization: `Basic ${Buffer.from(auth).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export interface Deployment {
  readonly parameters?: JsonObject;
  readonly annotations?: JsonObject;
  readonly limits?: JsonObject;
}

/** As wskdeploy annotates an action with `web: raw`. */
export const RAW: JsonObject = { 'web-export': true, 'raw-http': true, final: true };
/** As wskdeploy annotates an action with `web: true`. */
export const WEB: JsonObject = { 'web-export': true, 'raw-http': false, final: true };

/**
 * Puts an action.
 * @param name `package/action` or `action`; a package must be there
 * @throws Error if the double refuses it
 */
export async function deploy(
  double: OpenWhiskDouble,
  name: string,
  code: string,
  { parameters = {}, annotations = RAW, limits = {} }: Deployment = {},
): Promise<void> {
  const { status, body } = await callApi(double, 'PUT', `actions/${name}?overwrite=true`, {
    exec: { kind: 'nodejs:20', code },
    parameters: toKeyValues(parameters),
    annotations: toKeyValues(annotations),
    limits,
  });
  if (status !== 200) throw new Error(`${name} was refused: ${status} ${body.toString()}`);
}

/** The code of an action whose main is a function of `params` with this body. */
export function mainOf(body: string): string {
  return `function main(params) { ${body} }`;
}

/** The code of a web action that answers with its own parameters as JSON. */
export const ECHO = mainOf('return { body: params };');
