import { main } from '../../lib/doctor/main.js';
import type { Finding } from '../../lib/finding.js';
import type { RiakDouble } from '../riak-double/double.js';
import { BUCKET, COUNT_TYPE, SWARM_TYPE } from '../riak-double/tracker-types.js';

export interface Consultation {
  readonly status: number;
  readonly output: string;
}

/** Runs the doctor in this process. */
export async function runDoctor(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Consultation> {
  let output = '';
  const status = await main({ args, environment, write: (text) => (output += text) });
  return { status, output };
}

/** What the doctor finds at a double, as objects. */
export async function findingsAt(
  addresses: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ status: number; findings: readonly Finding[] }> {
  const environment = {
    STORE: 'riak',
    RIAK_NODES: addresses,
    RIAK_CALL_TIMEOUT: '400',
    RIAK_CONNECT_TIMEOUT: '200',
    RIAK_KEYS_TIMEOUT: '400',
    ...settings,
  };
  const { status, output } = await runDoctor(environment, ['--json']);
  const { findings } = JSON.parse(output) as { findings: Finding[] };
  return { status, findings };
}

/** The keys that the doctor has left behind, but for tombstones, which go by themselves. */
export function leftBehind(double: RiakDouble): string[] {
  const isAlive = (key: string): boolean =>
    double.held(SWARM_TYPE, BUCKET, key).some(({ tombstone }) => !tombstone);
  return [...double.keys(SWARM_TYPE, BUCKET).filter(isAlive), ...double.keys(COUNT_TYPE, BUCKET)];
}
