#!/usr/bin/env node
/**
 * The command `tracker`. Nothing is imported here that an old Node could not load, so that the
 * check of its version gets its turn.
 */
import { fileURLToPath } from 'node:url';

import { requireNode } from '../scripts/lib/node-version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

requireNode(root);
const { run } = await import('./run.mjs');
await run(root, process.argv.slice(2));
