/**
 * Renders the gateway's configuration for an nginx that is not the official image.
 * The file that it writes holds the secret, so only its owner may read it; nginx reads it as root.
 */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readEnvFile } from '../env-file.mjs';
import { renderGateway } from './settings.mjs';

try {
  const { values } = parseArgs({ options: { 'env-file': { type: 'string' }, output: { type: 'string' } } });
  const fromFile = values['env-file'] === undefined ? {} : readEnvFile(values['env-file']);
  const configuration = renderGateway(fromFile, process.env);
  if (values.output === undefined) process.stdout.write(configuration);
  else writeForOwner(values.output, configuration);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

/** A file that is there already keeps its mode when it is written to, so that is set before anything secret is in it. */
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
