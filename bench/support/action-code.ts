/**
 * Code of actions that stand in for the tracker's, to see what an announce costs without some of
 * it.
 */
import { fileURLToPath } from 'node:url';
import { bundlePath } from '../paths.js';
import { config } from './tracker.js';

const freeStoreModule = fileURLToPath(new URL('../trackers/free-store-action.cjs', import.meta.url));

/** An expression for the announce bundle's action on a store that costs nothing. */
export function freeStoreAction(): string {
  return `require(${JSON.stringify(freeStoreModule)}).freeStoreAction(${JSON.stringify(bundlePath('announce'))}, ${JSON.stringify(config)})`;
}

/** The result of an action that answers every announce with the same reply, as a literal. */
export function fixedResult(reply: Buffer): string {
  return JSON.stringify({
    statusCode: 200,
    headers: { 'Content-Type': 'application/octet-stream' },
    body: reply.toString('base64'),
  });
}
