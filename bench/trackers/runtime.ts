/**
 * An action's container: the runtime process of the OpenWhisk double, initialized with an action,
 * many runs at once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../support/children.js';
import { useFirstCore } from '../support/affinity.js';

const runtime = fileURLToPath(new URL('../../test/openwhisk-double/runtime/main.mjs', import.meta.url));

export interface Runtime {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly stop: () => Promise<void>;
  /** Posts to the runtime, and gives the body of its answer. Rejects unless that is a 200. */
  readonly post: (path: '/init' | '/run', body: object) => Promise<string>;
}

/**
 * Starts a container on the first core.
 * @param code the action's, as it would be deployed
 * @param nodeOptions options of Node, e.g. for a profile, which it leaves when it ends by itself
 */
export async function startRuntime(
  name: string,
  code: string,
  nodeOptions: readonly string[] = [],
): Promise<Runtime> {
  // What the action prints goes nowhere, where OpenWhisk has a log driver: the markers of the end
  // of each run are written all the same.
  const child = spawn(process.execPath, [...nodeOptions, runtime], {
    env: { PATH: process.env['PATH'], __OW_ALLOW_CONCURRENT: 'true' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  endWithThisProcess(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const pid = child.pid ?? 0;
  useFirstCore(pid);
  const container: Runtime = {
    name,
    pid,
    port,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      if (nodeOptions.length > 0) child.disconnect();
      // As OpenWhisk ends every container.
      else child.kill('SIGKILL');
      await ended;
    },
    post: (path, body) => post(port, path, JSON.stringify(body)),
  };
  try {
    await container.post('/init', { value: { name, main: 'main', binary: false, code } });
  } catch (error) {
    await container.stop();
    throw error;
  }
  return container;
}

function post(port: number, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method: 'POST', agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path} was answered ${response.statusCode ?? 0}: ${text}`));
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}
