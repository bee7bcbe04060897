/** `npm run front`: UDP and HTTP in front of OpenWhisk, without a store. */
import { networkInterfaces } from 'node:os';

import { ConfigError, type Config } from '../../config.js';
import { systemClock } from '../../environment.js';
import { reasonOf } from '../../error-message.js';
import { HttpFront } from '../../http/front.js';
import type { Log } from '../../log.js';
import { requestRates } from '../../policy/floods/address-rates.js';
import { announceUrls } from '../announce-urls.js';
import { trustedProxies } from '../client-address.js';
import { endProcess } from '../end-process.js';
import { takeHarmlessSignals } from '../harmless-signals.js';
import { Health } from '../health.js';
import { TrackerServer } from '../server.js';
import { StartError } from '../start-error.js';
import { stopSignal } from '../stop-signal.js';
import { startUdp, type RunningUdp } from '../udp/start-udp.js';
import { BatchTracker } from './batch-tracker.js';
import { PlatformClient } from './platform-client.js';

/**
 * Runs the front until a signal ends it; the process ends with this call.
 * @throws ConfigError, StartError
 */
export async function frontCommand(config: Config, log: Log): Promise<void> {
  checkSettings(config);
  takeHarmlessSignals([]);
  const platform = new PlatformClient(config);
  const tracker = new BatchTracker({ config, log, run: (batch) => platform.run(batch) });
  const rates = requestRates(config, systemClock, Math.random);
  const components = { config, log, clock: systemClock, random: Math.random, tracker, rates };
  const { announce, scrape, failure } = new HttpFront(components, tracker);
  const server = new TrackerServer(
    {
      announce,
      scrape,
      failure,
      rates,
      health: new Health(() => tracker.check(), systemClock, log, config.announceTimeoutMs),
      isTrustedProxy: config.trustedProxies.length === 0 ? undefined : trustedProxies(config.trustedProxies),
      log,
    },
    config,
  );
  const stopped = stopSignal();
  const port = await listen(server, config);
  const udp = await startUdp(components, port);
  process.stdout.write(greeting(config, port, udp));
  log.info('listening', { port, udpPort: udp?.port });

  log.info('stopping', { signal: await stopped });
  const timeoutMs = config.shutdownTimeoutMs * 0.9;
  await Promise.all([server.close(timeoutMs), udp?.server.close(timeoutMs)]);
  platform.close();
  log.info('stopped', { ...tracker.counts });
  await endProcess(0);
}

function checkSettings({ openwhiskApi, openwhiskNamespace, trackerSecret }: Config): void {
  if (!/^https?:\/\/[^/?#]+\/?$/.test(openwhiskApi) || !URL.canParse(openwhiskApi)) {
    throw new ConfigError('OPENWHISK_API', 'takes the URL of an API host, e.g. https://openwhisk.example');
  }
  if (!/^[\w.@-]+$/.test(openwhiskNamespace) || openwhiskNamespace === '_') {
    throw new ConfigError('OPENWHISK_NAMESPACE', 'takes the name of the namespace that has the actions');
  }
  if (trackerSecret !== '' && !/^[\w-]{16,128}$/.test(trackerSecret)) {
    throw new ConfigError('TRACKER_SECRET', 'takes 16 to 128 letters, digits, - and _');
  }
}

async function listen(server: TrackerServer, config: Config): Promise<number> {
  try {
    return await server.listen(config.port, config.host);
  } catch (cause) {
    throw new StartError(`cannot listen on ${config.host} port ${config.port}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function greeting(config: Config, port: number, udp: RunningUdp | undefined): string {
  const urls = announceUrls(config.host, port, networkInterfaces(), udp?.port);
  const lines = urls.map(({ url, reach }) => `  ${url}  (${reach})`);
  return `The front is ready. Announce URL for a torrent:\n${lines.join('\n')}\n`;
}
