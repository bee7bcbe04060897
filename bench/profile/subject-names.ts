/** What can be profiled; subjects.ts says how. */
export const SUBJECT_NAMES = [
  'http',
  'connections',
  'headline',
  'runtime',
  'own-code',
  'operations',
  'growth',
  'purge',
  'udp',
] as const;

export type SubjectName = (typeof SUBJECT_NAMES)[number];

export function isSubjectName(name: string): name is SubjectName {
  return (SUBJECT_NAMES as readonly string[]).includes(name);
}
