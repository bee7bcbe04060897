import type { Config } from '../config.js';
import type { Store } from '../store/store.js';
import { StartError } from './start-error.js';
import { asStartingUser } from './starting-user.js';

/** Where the process listens, and the settings that say so. */
export interface Listener {
  readonly port: number;
  readonly host: string;
  readonly portSetting: string;
  readonly hostSetting: string;
}

export function listenerOf({ port, host }: Config): Listener {
  return { port, host, portSetting: 'PORT', hostSetting: 'HOST' };
}

export function metricsListenerOf({ metricsPort, metricsHost }: Config): Listener {
  return {
    port: metricsPort,
    host: metricsHost,
    portSetting: 'METRICS_PORT',
    hostSetting: 'METRICS_HOST',
  };
}

/**
 * Listens as the user that started the process. @throws StartError, with the store closed, if it
 * cannot
 */
export async function listening<T>(store: Store, listener: Listener, listen: () => Promise<T>): Promise<T> {
  try {
    return await asStartingUser(listen);
  } catch (cause) {
    await store.close();
    throw new StartError(listenProblem(cause as NodeJS.ErrnoException, listener), { cause });
  }
}

function listenProblem(
  { code, message }: NodeJS.ErrnoException,
  { port, host, portSetting, hostSetting }: Listener,
): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} is in use by another program: end that one, or take another port with ${portSetting}`;
  }
  if (code === 'EACCES') {
    return `port ${port} is not allowed to this user: take one above 1023 with ${portSetting}`;
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${host} is no address of this machine: set ${hostSetting}`;
  }
  return `cannot listen on ${host} port ${port}: ${message}`;
}
