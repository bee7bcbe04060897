import { setTimeout as delay } from 'node:timers/promises';

import { announceQuery } from '../../deployment/web-action-client.mjs';
import { reasonOf } from '../../error-message.js';
import { note, ok, warning, type Finding } from '../../finding.js';
import type { PlatformDeployment } from '../deployment.js';
import { platformReply, straightTo } from '../route.js';
import { ApiError, type Api } from './api.js';
import { keepFailuresOnly } from './remedies.js';

/** A record is written after the reply; one that is not there by then is taken for none. */
const patienceMs = 2000;
const pauseMs = 250;

/**
 * Whether each announce leaves a record in the activation store, which gives up long before the
 * tracker does.
 */
export async function examineRecords(deployment: PlatformDeployment, api: Api): Promise<Finding> {
  const subject = 'records of announces';
  try {
    const answer = await straightTo(deployment)('announce', announceQuery('stopped'));
    platformReply(answer);
    const id = answer.headers['x-openwhisk-activation-id'];
    if (typeof id !== 'string') return note(subject, 'not looked at: the answer names no activation');
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline) {
      if (await api.hasRecord(id)) return warning(subject, 'every announce writes one', keepFailuresOnly);
      await delay(pauseMs);
    }
    return ok(subject, `none of an announce that went well, ${patienceMs / 1000} s later`);
  } catch (error) {
    const reason = error instanceof ApiError ? error.message : reasonOf(error);
    return note(subject, `not looked at: ${reason}`);
  }
}
