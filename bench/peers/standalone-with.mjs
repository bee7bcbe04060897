/** The tracker's standalone process with other actions than its own: `node standalone-with.mjs DIRECTORY`. */
import { createRequire } from 'node:module';

const { main } = createRequire(import.meta.url)('../../dist/standalone/main.cjs');
await main({ args: [], environment: process.env, actionsDirectory: process.argv[2] });
