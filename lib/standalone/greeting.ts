import { networkInterfaces } from 'node:os';

import type { Config } from '../config.js';
import { inOneLine } from '../error-message.js';
import { announceUrls } from './announce-urls.js';
import type { Health } from './health.js';

/** How often a store that could not be used at the start is tried again. */
const AGAIN_MS = 5000;

/**
 * Says what to do with a tracker that has just started, and whether it can answer already. If not
 * it says why, and says so once it can.
 * @param name what has started
 * @param print takes lines without the end of the last one
 */
export async function greet(
  name: 'tracker' | 'front',
  { host, publicUrl }: Pick<Config, 'host' | 'publicUrl'>,
  ports: { readonly http: number; readonly udp: number | undefined },
  health: Pick<Health, 'isHealthy' | 'problem'>,
  print: (text: string) => void,
  againMs = AGAIN_MS,
): Promise<void> {
  const urls = [
    ...(publicUrl === '' ? [] : [{ url: `${publicUrl}/announce`, reach: 'PUBLIC_URL' }]),
    ...announceUrls(host, ports.http, networkInterfaces(), ports.udp),
  ];
  const width = Math.max(...urls.map(({ url }) => url.length));
  const lines = urls.map(({ url, reach }) => `  ${url.padEnd(width)}  (${reach})`).join('\n');
  if (await health.isHealthy()) {
    print(`The ${name} is ready. Announce URL for a torrent:\n${lines}`);
    return;
  }
  print(
    `The ${name} cannot answer yet, and keeps trying: ${inOneLine(health.problem)}\n` +
      `Announce URL for a torrent, once it can:\n${lines}`,
  );
  const again = setInterval(() => {
    void health.isHealthy().then((isHealthy) => {
      if (!isHealthy) return;
      clearInterval(again);
      print(`The ${name} is ready.`);
    });
  }, againMs);
  again.unref();
}
