/**
 * Renders the gateway's configuration for an nginx that is not the official image:
 * `node deploy/nginx/render.mjs [--env-file FILE] [--output FILE]`. Settings come from the environment, then from FILE, then from gateway.env.
 * The file that it writes holds the secret, so only its owner may read it; nginx reads it as root.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readEnvFile } from '../env-file.mjs';
import { renderGateway } from './settings.mjs';

try {
  const { values } = parseArgs({ options: { 'env-file': { type: 'string' }, output: { type: 'string' } } });
  const fromFile = values['env-file'] === undefined ? {} : readEnvFile(values['env-file']);
  const configuration = renderGateway(fromFile, process.env);
  if (values.output === undefined) process.stdout.write(configuration);
  else writeFileSync(values.output, configuration, { mode: 0o600 });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
