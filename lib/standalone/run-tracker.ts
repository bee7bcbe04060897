import type { Config } from '../config.js';
import { systemClock } from '../environment.js';
import { HttpFront } from '../http/front.js';
import type { Log } from '../log.js';
import type { LineLog } from '../log/line-log.js';
import { requestRates, requestRules } from '../policy/floods/address-rates.js';
import type { Policies } from '../policy/policies.js';
import { ProcessStats } from '../stats/process-stats.js';
import { StoreStats } from '../stats/store-stats.js';
import { driverOf } from '../store/registry.js';
import type { Store } from '../store/store.js';
import { Tracker } from '../tracker/tracker.js';
import { adminCommands } from './admin/commands.js';
import { AdminServer } from './admin/server.js';
import { trustedProxies } from './client-address.js';
import { endProcess } from './end-process.js';
import { greet } from './greeting.js';
import { reloadHook, takeHarmlessSignals, type HangupHook } from './harmless-signals.js';
import { Health } from './health.js';
import { Housekeeping } from './housekeeping.js';
import { listenerOf, listening, metricsListenerOf } from './listening.js';
import { printer } from './log.js';
import { maxOpenFiles, roomForConnections } from './open-files.js';
import { enterStore, openStore } from './open-store.js';
import { ServedLog } from './served-log.js';
import { SettingsReload } from './reload-settings.js';
import { TrackerServer } from './server.js';
import { metricsOf, siteOf, startMetricsServer, type MetricsServer } from './site.js';
import { failed } from './start-error.js';
import { startPolicy } from './start-policy.js';
import { asStartingUser } from './starting-user.js';
import { stopSignal } from './stop-signal.js';
import { startUdp, type RunningUdp } from './udp/start-udp.js';

const STDOUT = 1;

/**
 * Runs the tracker until a signal ends it; the process ends with this call.
 * @param reread the settings as they are given now, for a SIGHUP; undefined if they cannot change
 */
export async function runTracker(
  config: Config,
  log: LineLog,
  reread: (() => Config) | undefined,
): Promise<void> {
  const hangupHooks: HangupHook[] = [];
  takeHarmlessSignals(hangupHooks);
  await enterStore(config);
  const stored = new StoreStats(config, await openStore(config, Math.random, log));
  const { store } = stored;
  const udp: { running?: RunningUdp } = {};
  const policy = await startPolicy({ config, store, clock: systemClock, random: Math.random, log });
  const rates = requestRates(config, systemClock, Math.random);
  const stats = new ProcessStats(config, systemClock, stored, {
    udp: () => udp.running?.server.figures(),
    policy: () => policy?.figures(),
    refusedRates: () => rates.refused,
  });
  const components = {
    config,
    store,
    clock: systemClock,
    random: Math.random,
    log,
    metrics: stats.counters,
    swarmMetrics: stored.swarmCounters,
    ...(policy && { policy }),
  };
  const tracker = new Tracker(components);
  const { announce, scrape, failure } = new HttpFront(components, tracker);
  const admin = new AdminServer(adminCommands(components), log);
  const { exclusive } = driverOf(config.storeName);
  if (exclusive !== undefined) await admin.listen(exclusive.adminSocket);
  const health = new Health(() => store.check(), systemClock, log, config.announceTimeoutMs);
  const metrics = metricsOf(stats, config, health);
  const site = siteOf(stats, config, health, metrics, () => udp.running?.port);
  const server = new TrackerServer(
    {
      announce,
      scrape,
      failure,
      health,
      site,
      rates,
      notes: () => policy?.notes() ?? [],
      isTrustedProxy: config.trustedProxies.length === 0 ? undefined : trustedProxies(config.trustedProxies),
      log,
    },
    { ...config, maxConnections: connectionsWithin(config, log) },
  );
  const servedLog = new ServedLog({
    log,
    served: () => stats.counters.served(),
    stored: () => stats.totals(),
  });
  const housekeeping = new Housekeeping(components);
  const stopped = stopSignal();
  if (reread !== undefined) {
    const settings = new SettingsReload(config, {
      // Which only the user that started the process may be able to read.
      read: () => asStartingUser(reread),
      apply: (changed) => {
        log.setLeast(changed.logLevel);
        rates.follow(requestRules(changed));
        servedLog.follow(changed);
      },
      log,
    });
    hangupHooks.push(reloadHook('settings', () => settings.reload(), log));
  }
  if (policy !== undefined) hangupHooks.push(reloadHook('lists and keys', () => policy.reload(), log));
  const port = await listening(store, listenerOf(config), () => server.listen(config.port, config.host));
  const metricsServer = await listening(store, metricsListenerOf(config), () =>
    startMetricsServer(metrics, config),
  );
  const starting = asStartingUser(() => startUdp({ ...components, tracker, rates }, port));
  const running = await starting.catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  if (running !== undefined) udp.running = running;
  log.info('listening', { port, udpPort: running?.port });
  void greet('tracker', config, { http: port, udp: running?.port }, health, printer(STDOUT));
  housekeeping.start();
  policy?.start();
  stats.start();
  servedLog.follow(config);

  log.info('stopping', { signal: await stopped });
  stats.stop();
  servedLog.stop();
  const servers = running === undefined ? [server] : [server, running.server];
  await stop(servers, { housekeeping, admin, metricsServer, policy }, store, config, log);
}

/**
 * MAX_CONNECTIONS, or fewer if the system does not allow that many: the store needs some files,
 * too.
 */
function connectionsWithin({ maxConnections }: Config, log: Log): number {
  const openFiles = maxOpenFiles();
  const connections = roomForConnections(maxConnections, openFiles);
  if (connections < maxConnections) {
    const meaning = 'raise the limit on open files (ulimit -n, LimitNOFILE), or lower MAX_CONNECTIONS';
    log.warn('too few open files', { allowed: openFiles, maxConnections, connections, meaning });
  }
  return connections;
}

/** Ends the process within SHUTDOWN_TIMEOUT: with status 0 if everything could be closed. */
async function stop(
  servers: readonly { close(timeoutMs: number): Promise<void> }[],
  {
    housekeeping,
    admin,
    metricsServer,
    policy,
  }: {
    readonly housekeeping: Housekeeping;
    readonly admin: AdminServer;
    readonly metricsServer: MetricsServer | undefined;
    readonly policy: Policies | undefined;
  },
  store: Store,
  config: Config,
  log: Log,
): Promise<void> {
  const deadline = performance.now() + config.shutdownTimeoutMs;
  const overdue = setTimeout(() => {
    log.error('the store did not close in time');
    void endProcess(failed);
  }, config.shutdownTimeoutMs);
  // The store is left a part of the time, whatever the connections take.
  const answered = servers.map((server) => server.close(config.shutdownTimeoutMs * 0.9));
  await Promise.all([...answered, housekeeping.stop(), admin.close(), metricsServer?.close()]);
  // Nothing is announced any more.
  await policy?.stop();
  await store.close();
  clearTimeout(overdue);
  log.info('stopped', { leftMs: Math.round(deadline - performance.now()) });
  await endProcess(0);
}
