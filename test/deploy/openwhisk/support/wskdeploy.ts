import { existsSync } from 'node:fs';
import { wskdeployForTests } from '../../../../deploy/openwhisk/wskdeploy/binary.mjs';
import type { Requirement } from '../../../support/programs.js';

/** That npm test could build wskdeploy. */
export const wskdeployBuilt: Requirement = () =>
  existsSync(wskdeployForTests) ? undefined : 'install Go, so that npm test can build wskdeploy';
