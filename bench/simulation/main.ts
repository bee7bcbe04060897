/**
 * `npm run bench -- simulate NAME`: what is simulated rather than measured. `report` makes the
 * tables and plots of docs/scale.md from what the others and the rows have left.
 */
import { check, FULL_CHECK_PEERS } from './check.js';
import type { SimulationName } from './names.js';
import { report } from './report.js';
import { DEFAULT_WHOLE, scale } from './scale.js';
import { FULL_PEERS, steady } from './steady.js';

export interface SimulationOptions {
  readonly peers: number | undefined;
  readonly minutes: number | undefined;
  readonly whole: number | undefined;
}

const SIMULATIONS = {
  scale: (
    { peers = 100_000_000, minutes = 120, whole = DEFAULT_WHOLE }: SimulationOptions,
    tell: (message: string) => void,
  ) => scale({ peers, minutes, whole }, tell),
  report: () => report(),
  steady: ({ peers }: SimulationOptions, tell: (message: string) => void) =>
    steady(peers ?? FULL_PEERS, tell),
  check: ({ peers }: SimulationOptions, tell: (message: string) => void) =>
    check(peers ?? FULL_CHECK_PEERS, tell),
} satisfies Record<
  SimulationName,
  (options: SimulationOptions, tell: (message: string) => void) => Promise<void>
>;

export async function runSimulation(name: SimulationName, options: SimulationOptions): Promise<void> {
  await SIMULATIONS[name](options, (message) => {
    console.log(`${name}: ${message}`);
  });
}
