import { fileURLToPath } from 'node:url';

/** Where `build.mjs` puts wskdeploy: with what npm installs, and gone with that. */
export const wskdeployForTests = fileURLToPath(
  new URL('../../../node_modules/.cache/wskdeploy/wskdeploy', import.meta.url),
);
