/** What can be simulated, and the report of it. */
export const SIMULATION_NAMES = ['scale', 'steady', 'check', 'report'] as const;

export type SimulationName = (typeof SIMULATION_NAMES)[number];

export function isSimulationName(name: string): name is SimulationName {
  return (SIMULATION_NAMES as readonly string[]).includes(name);
}
