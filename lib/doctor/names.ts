import type { GivenSettings } from '../config/given.js';
import { warning, type Finding } from '../finding.js';

/** Names in the environment that were probably meant as settings, and are none. */
export function nameFindings({ unknown }: GivenSettings): Finding[] {
  return unknown.map(({ name, meant }) => {
    const remedy = meant === undefined ? `unset ${name}` : `did you mean ${meant}?`;
    return warning(`setting ${name}`, 'no setting has this name', remedy);
  });
}
