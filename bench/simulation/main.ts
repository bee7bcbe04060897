/** `npm run bench -- simulate NAME`: what is simulated rather than measured. */
import { scale } from './scale.js';
import { steady } from './steady.js';

export interface SimulationOptions {
  readonly peers: number | undefined;
  readonly minutes: number | undefined;
}

export const SIMULATIONS = {
  scale: ({ peers, minutes }: SimulationOptions, tell: (message: string) => void) =>
    scale(peers ?? 100_000_000, minutes ?? 120, tell),
  steady: ({ peers }: SimulationOptions, tell: (message: string) => void) => steady(peers ?? 100_000, tell),
} as const;

export type SimulationName = keyof typeof SIMULATIONS;

export function isSimulationName(name: string): name is SimulationName {
  return Object.hasOwn(SIMULATIONS, name);
}

export async function runSimulation(name: SimulationName, options: SimulationOptions): Promise<void> {
  await SIMULATIONS[name](options, (message) => {
    console.log(`${name}: ${message}`);
  });
}
