/** `npm run bench -- simulate NAME`: what is simulated rather than measured. */
import { scale } from './scale.js';

export const SIMULATIONS = {
  scale: (peers: number | undefined, tell: (message: string) => void) => scale(peers ?? 100_000_000, tell),
} as const;

export type SimulationName = keyof typeof SIMULATIONS;

export function isSimulationName(name: string): name is SimulationName {
  return Object.hasOwn(SIMULATIONS, name);
}

export async function runSimulation(name: SimulationName, peers: number | undefined): Promise<void> {
  await SIMULATIONS[name](peers, (message) => {
    console.log(`${name}: ${message}`);
  });
}
