import { createPolicy, type PolicyComponents } from '../policy/create-policy.js';
import type { Policies } from '../policy/policies.js';
import { ListError } from '../policy/lists/list-index.js';
import { inOneLine } from '../error-message.js';
import { misused, StartError } from './start-error.js';

/**
 * The policy that the settings describe. A list in the store is read beside the start: until it is
 * known announces wait for it. A list in a file must be right.
 * @throws StartError that names what is wrong with the file
 */
export async function startPolicy(components: PolicyComponents): Promise<Policies | undefined> {
  const policy = createPolicy(components, 'long');
  const reading = policy?.reload();
  const { listFile, clientFile } = components.config;
  if (listFile === '' && clientFile === '') {
    // The log has a line if that fails.
    reading?.catch(() => undefined);
    return policy;
  }
  try {
    await reading;
  } catch (cause) {
    // What is in the store besides is read when the store answers.
    if (!(cause instanceof ListError)) return policy;
    await components.store.close();
    throw new StartError(inOneLine(cause), { cause, status: misused });
  }
  return policy;
}
