import { randomBytes } from 'node:crypto';

/**
 * A key that nobody has. It sorts behind all infohashes, so that neither a purge nor a report ever
 * comes across it.
 */
export function testKey(): string {
  return `~doctor-${randomBytes(8).toString('hex')}`;
}
