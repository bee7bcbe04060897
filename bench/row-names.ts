/** The rows, in the order of the report. */
export const ROW_NAMES = [
  'http',
  'connections',
  'runtime',
  'operations',
  'growth',
  'headline',
  'cold-start',
  'purge',
  'stores',
  'udp',
  'front',
  'beside',
  'flood',
  'lists',
] as const;

export type RowName = (typeof ROW_NAMES)[number];

export function isRowName(name: string): name is RowName {
  return (ROW_NAMES as readonly string[]).includes(name);
}
