/** The doctor's findings, for tests that look at some of them. */
import type { Finding } from '../../../lib/finding.js';
import type { PlatformDeployment } from '../../../lib/doctor/deployment.js';
import type { OpenWhiskDouble } from '../../openwhisk-double/double.js';
import { SECRET } from '../../openwhisk/support/deployed-tracker.js';

export async function allOf(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}

/** `verdict subject: detail`, with the figures that no two runs share as N. */
export function lineOf({ verdict, subject, detail }: Finding): string {
  return `${verdict} ${subject}: ${detail}`.replaceAll(/\d+ ms/g, 'N ms').replaceAll(/:\d{4,}/g, ':PORT');
}

/** The one finding on a subject. @throws Error if there is none, or more than one */
export function findingOn(subject: string, findings: readonly Finding[]): Finding {
  const [finding, ...others] = findings.filter((one) => one.subject === subject);
  if (finding === undefined || others.length > 0) {
    throw new Error(`not one finding on ${subject}:\n${findings.map(lineOf).join('\n')}`);
  }
  return finding;
}

export function deploymentAt(
  platform: OpenWhiskDouble,
  changes: Partial<PlatformDeployment> = {},
): PlatformDeployment {
  return {
    apiHost: platform.apiHost,
    namespace: platform.namespace,
    secret: SECRET,
    auth: platform.auth,
    concurrency: undefined,
    burst: 130,
    ...changes,
  };
}
