/** Renders the gateway's configuration for an nginx that is not the official image. */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { settingsFrom } from '../../lib/settings/settings-file.mjs';
import { gatewaySettingNames, renderGateway } from './settings.mjs';

const usage = `Usage: node deploy/nginx/render.mjs [--settings FILE] [--output FILE]

Writes the gateway's configuration for nginx's http block. Settings are environment variables, then those of the file;
deploy/nginx/gateway.env has them all, with their defaults. Ends with status 2 if one is missing or cannot be used.

  --settings FILE  settings that are not in the environment
  --output FILE    where to write to, for its owner alone to read, as the secret is in it; standard output if not given
`;

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

function main() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      settings: { type: 'string' },
      // Its name before.
      'env-file': { type: 'string' },
      output: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const configuration = renderGateway(
    settingsFrom(values.settings ?? values['env-file'], process.env, gatewaySettingNames),
  );
  if (values.output === undefined) process.stdout.write(configuration);
  else writeForOwner(values.output, configuration);
}

/**
 * The secret is in it, so only its owner may read it; nginx reads it as root. A file that is there
 * already keeps its mode when it is written to, so that is set before.
 * @param {string} path
 * @param {string} text
 */
function writeForOwner(path, text) {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    // /dev/stdout is none.
    if (fstatSync(file).isFile()) {
      fchmodSync(file, 0o600);
      ftruncateSync(file);
    }
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}
