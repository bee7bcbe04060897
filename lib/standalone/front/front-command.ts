/** `npm run front`: UDP and HTTP in front of OpenWhisk, without a store. */
import { ConfigError, type Config } from '../../config.js';
import { systemClock } from '../../environment.js';
import { reasonOf } from '../../error-message.js';
import { HttpFront } from '../../http/front.js';
import type { Log } from '../../log.js';
import { requestRates } from '../../policy/floods/address-rates.js';
import type { MetricsEndpoint } from '../../stats/metrics-endpoint.js';
import { ProcessStats } from '../../stats/process-stats.js';
import { trustedProxies } from '../client-address.js';
import { endProcess } from '../end-process.js';
import { greet } from '../greeting.js';
import { takeHarmlessSignals } from '../harmless-signals.js';
import { Health } from '../health.js';
import { printer } from '../log.js';
import { ServedLog } from '../served-log.js';
import { TrackerServer } from '../server.js';
import { metricsOf, siteOf, startMetricsServer, type MetricsServer } from '../site.js';
import { StartError } from '../start-error.js';
import { stopSignal } from '../stop-signal.js';
import { startUdp, type RunningUdp } from '../udp/start-udp.js';
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
  const udp: { running?: RunningUdp } = {};
  const stats: ProcessStats = new ProcessStats(config, systemClock, undefined, {
    udp: () => udp.running?.server.figures(),
    batches: () => tracker.figures(),
  });
  const metrics = stats.counters;
  const tracker = new BatchTracker({ config, log, metrics, run: (batch) => platform.run(batch) });
  const rates = requestRates(config, systemClock, Math.random);
  const components = { config, log, clock: systemClock, random: Math.random, metrics, tracker, rates };
  const servedLog = new ServedLog({ log, served: () => metrics.served() });
  const { announce, scrape, failure } = new HttpFront(components, tracker);
  const health = new Health(() => tracker.check(), systemClock, log, config.announceTimeoutMs);
  const endpoint = metricsOf(stats, config, health);
  const server = new TrackerServer(
    {
      announce,
      scrape,
      failure,
      rates,
      health,
      site: siteOf(stats, config, health, endpoint, () => udp.running?.port),
      isTrustedProxy: config.trustedProxies.length === 0 ? undefined : trustedProxies(config.trustedProxies),
      log,
    },
    config,
  );
  const stopped = stopSignal();
  const port = await listen(server, config);
  const metricsServer = await startMetrics(endpoint, config);
  const running = await startUdp(components, port);
  if (running !== undefined) udp.running = running;
  void greet('front', config, { http: port, udp: running?.port }, health, printer(STDOUT));
  log.info('listening', { port, udpPort: running?.port });
  stats.start();
  servedLog.follow(config);

  log.info('stopping', { signal: await stopped });
  stats.stop();
  servedLog.stop();
  const timeoutMs = config.shutdownTimeoutMs * 0.9;
  await Promise.all([server.close(timeoutMs), running?.server.close(timeoutMs), metricsServer?.close()]);
  platform.close();
  log.info('stopped', { ...tracker.figures() });
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

function listen(server: TrackerServer, { host, port }: Config): Promise<number> {
  return listening(() => server.listen(port, host), `${host} port ${port}`);
}

function startMetrics(endpoint: MetricsEndpoint, config: Config): Promise<MetricsServer | undefined> {
  const { metricsHost, metricsPort } = config;
  return listening(() => startMetricsServer(endpoint, config), `${metricsHost} port ${metricsPort}`);
}

async function listening<T>(start: () => Promise<T>, where: string): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    throw new StartError(`cannot listen on ${where}: ${reasonOf(cause)}`, { cause });
  }
}
