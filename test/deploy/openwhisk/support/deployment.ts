/** `npm run deploy` and `npm run undeploy` as commands, with an environment of the test's. */
import { fileURLToPath } from 'node:url';
import { wskdeployForTests } from '../../../../deploy/openwhisk/wskdeploy/binary.mjs';
import type { OpenWhiskDouble } from '../../../openwhisk-double/double.js';
import { startProgram } from '../../../support/running-program.js';

export const secret = 'the-secret-of-the-tests_0123456789';

export type Environment = Readonly<Record<string, string>>;

/** All that a deployment needs. */
export function environmentFor(platform: OpenWhiskDouble, riakNodes: string): Environment {
  return {
    OPENWHISK_APIHOST: platform.apiHost,
    OPENWHISK_AUTH: platform.auth,
    OPENWHISK_NAMESPACE: platform.namespace,
    TRACKER_SECRET: secret,
    RIAK_NODES: riakNodes,
    WSKDEPLOY: wskdeployForTests,
  };
}

export interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
export async function run(
  command: 'deploy' | 'undeploy',
  environment: Environment,
  args: readonly string[] = [],
): Promise<Outcome> {
  const script = fileURLToPath(new URL('../../../../bin/tracker.mjs', import.meta.url));
  const program = await startProgram(process.execPath, [script, command, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  const { status } = await program.ended;
  return { status, stdout: program.stdout, stderr: program.stderr };
}

/** Everything that is deployed, versions and times included. */
export function snapshot({ entities }: OpenWhiskDouble): unknown {
  const { packages, actions, triggers, rules } = entities;
  return JSON.parse(JSON.stringify([packages, actions, triggers, rules].map((map) => [...map])));
}
