/**
 * What the API host says of itself at its root: wskdeploy reads from it which runtimes there are.
 */

import type { JsonObject } from './json.js';
import type { Settings } from './options.js';

export const KINDS: readonly string[] = ['nodejs:18', 'nodejs:20'];
export const DEFAULT_KIND = 'nodejs:20';

export function apiHostInfo(settings: Settings): JsonObject {
  return {
    description: 'OpenWhisk',
    api_paths: ['/api/v1'],
    limits: {
      actions_per_minute: settings.invocationsPerMinute,
      concurrent_actions: settings.concurrentInvocations,
      max_action_duration: 300_000,
      max_action_memory: 536_870_912,
      max_action_logs: 10_485_760,
    },
    runtimes: {
      nodejs: KINDS.map((kind) => ({
        kind,
        default: kind === DEFAULT_KIND,
        deprecated: false,
        attached: true,
        requireMain: false,
        image: `openwhisk/action-${kind.replace(':', '-v')}:nightly`,
      })),
    },
  };
}
