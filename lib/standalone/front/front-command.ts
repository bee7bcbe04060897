/** `npm run front`: UDP and HTTP in front of OpenWhisk, without a store. */
import { ConfigError, type Config } from '../../config.js';
import { systemClock } from '../../environment.js';
import { reasonOf } from '../../error-message.js';
import { HttpFront } from '../../http/front.js';
import type { Log } from '../../log.js';
import { TrackerCounters } from '../../stats/tracker-counters.js';
import { trustedProxies } from '../client-address.js';
import { endProcess } from '../end-process.js';
import { greet } from '../greeting.js';
import { takeHarmlessSignals } from '../harmless-signals.js';
import { Health } from '../health.js';
import { printer } from '../log.js';
import { isInfoLogged, ServedLog } from '../served-log.js';
import { TrackerServer } from '../server.js';
import { StartError } from '../start-error.js';
import { stopSignal } from '../stop-signal.js';
import { startUdp } from '../udp/start-udp.js';
import { BatchTracker } from './batch-tracker.js';
import { PlatformClient } from './platform-client.js';

const STDOUT = 1;

/**
 * Runs the front until a signal ends it; the process ends with this call.
 * @throws ConfigError, StartError
 */
export async function frontCommand(config: Config, log: Log): Promise<void> {
  checkSettings(config);
  takeHarmlessSignals([]);
  const platform = new PlatformClient(config);
  const metrics = new TrackerCounters();
  const tracker = new BatchTracker({ config, log, metrics, run: (batch) => platform.run(batch) });
  const components = { config, log, metrics, clock: systemClock, random: Math.random, tracker };
  const servedLog = new ServedLog({ log, served: () => metrics.served() });
  const { announce, scrape, failure } = new HttpFront(components, tracker);
  const health = new Health(() => tracker.check(), systemClock, log, config.announceTimeoutMs);
  const server = new TrackerServer(
    {
      announce,
      scrape,
      failure,
      health,
      isTrustedProxy: config.trustedProxies.length === 0 ? undefined : trustedProxies(config.trustedProxies),
      log,
    },
    config,
  );
  const stopped = stopSignal();
  const port = await listen(server, config);
  const udp = await startUdp(components, port);
  void greet('front', config, { http: port, udp: udp?.port }, health, printer(STDOUT));
  log.info('listening', { port, udpPort: udp?.port });
  if (isInfoLogged(config)) servedLog.start();

  log.info('stopping', { signal: await stopped });
  servedLog.stop();
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
