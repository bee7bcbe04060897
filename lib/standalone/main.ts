/** The standalone process: the tracker behind an HTTP server of its own, with an embedded store. */
import { ConfigError, describeSettings, parseConfig, type Config } from '../config.js';
import { systemClock } from '../environment.js';
import { HttpFront } from '../http/front.js';
import type { Log } from '../log.js';
import { driverOf } from '../store/registry.js';
import type { Store } from '../store/store.js';
import { Tracker } from '../tracker/tracker.js';
import { adminCommands } from './admin/commands.js';
import { AdminServer } from './admin/server.js';
import { trustedProxies } from './client-address.js';
import { endProcess } from './end-process.js';
import { frontCommand } from './front/front-command.js';
import { greet } from './greeting.js';
import { reloadHook, takeHarmlessSignals, type HangupHook } from './harmless-signals.js';
import { Health } from './health.js';
import { Housekeeping } from './housekeeping.js';
import { listCommand } from './list-command.js';
import { logConsole, logWarnings, printer, startProcessLog } from './log.js';
import { maxOpenFiles, roomForConnections } from './open-files.js';
import { enterStore, openStore } from './open-store.js';
import { ProcessStats } from '../stats/process-stats.js';
import { TrackerServer } from './server.js';
import { purgeCommand } from './purge-command.js';
import { reportCommand } from './report-command.js';
import { metricsOf, siteOf, startMetricsServer, type MetricsServer } from './site.js';
import { failed, misused, StartError } from './start-error.js';
import { startPolicy } from './start-policy.js';
import { asStartingUser } from './starting-user.js';
import { stopSignal } from './stop-signal.js';
import { startUdp, type RunningUdp } from './udp/start-udp.js';

export interface Invocation {
  /** What follows the program's name on the command line. */
  readonly args: readonly string[];
  /** Settings by name, and whatever else is there. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const usage = `Usage: npm start [-- --help]
       npm run purge
       npm run report
       npm run list -- add|remove|has TORRENT...
       npm run list -- import FILE
       npm run list -- show|export
       npm run front

Starts a BitTorrent tracker, purges its store, prints the report of the last purge, changes the list of torrents, or
starts a front of OpenWhisk. Settings are environment variables, e.g. PORT=7000 npm start
`;

/** What is done in the place of a tracker's work, by argument. */
const commands = new Map<string, (config: Config, log: Log) => Promise<void>>([
  ['purge', purgeCommand],
  ['report', reportCommand],
  ['front', frontCommand],
]);

/** The same, of commands that take further arguments. */
const commandsWithArguments = new Map([['list', listCommand]]);

const STDOUT = 1;
const STDERR = 2;

/** Runs the tracker until a signal ends it, or does what the argument says; the process ends with this call. */
export async function main(invocation: Invocation): Promise<void> {
  const [argument, ...rest] = invocation.args;
  if (invocation.args.some((given) => given === '--help' || given === '-h')) {
    process.stdout.write(`${usage}\n${describeSettings()}`);
    return;
  }
  const command = argument === undefined ? undefined : commands.get(argument);
  const withArguments = argument === undefined ? undefined : commandsWithArguments.get(argument);
  const unknown = command === undefined ? argument : rest[0];
  if (unknown !== undefined && withArguments === undefined) {
    printer(STDERR)(`${unknown}: unknown argument\n\n${usage.trimEnd()}`);
    return endProcess(misused);
  }
  try {
    const config = parseConfig(invocation.environment);
    // Whoever reads the beginning of a report alone has seen enough.
    if (argument !== undefined) process.stdout.on('error', () => undefined);
    if (withArguments !== undefined) await withArguments(config, startLog(config), rest);
    else if (command !== undefined) await command(config, startLog(config));
    else await run(config);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    printer(STDERR)(error.message);
    await endProcess(error instanceof ConfigError ? misused : error.status);
  }
}

async function run(config: Config): Promise<void> {
  const hangupHooks: HangupHook[] = [];
  takeHarmlessSignals(hangupHooks);
  const log = startLog(config);
  enterStore(config);
  const stats = new ProcessStats(config, await openStore(config, Math.random, log), systemClock);
  const { store } = stats;
  const policy = await startPolicy({ config, store, clock: systemClock, log });
  const components = {
    config,
    store,
    clock: systemClock,
    random: Math.random,
    log,
    metrics: stats.counters,
    swarmMetrics: stats.swarmCounters,
    ...(policy && { policy }),
  };
  const tracker = new Tracker(components);
  const { announce, scrape, failure } = new HttpFront(components, tracker);
  const admin = new AdminServer(adminCommands(components), log);
  const { exclusive } = driverOf(config.storeName);
  if (exclusive !== undefined) await admin.listen(exclusive.adminSocket);
  const health = new Health(() => store.check(), systemClock, log, config.announceTimeoutMs);
  const metrics = metricsOf(stats, config, health);
  let udp: RunningUdp | undefined;
  const site = siteOf(stats, config, health, metrics, () => udp?.port);
  const server = new TrackerServer(
    {
      announce,
      scrape,
      failure,
      health,
      site,
      isTrustedProxy: config.trustedProxies.length === 0 ? undefined : trustedProxies(config.trustedProxies),
      log,
    },
    { ...config, maxConnections: connectionsWithin(config, log) },
  );
  const housekeeping = new Housekeeping(components);
  const stopped = stopSignal();
  if (policy !== undefined) hangupHooks.push(reloadHook(() => policy.reload(), log));
  const port = await listening(store, listenerOf(config), () => server.listen(config.port, config.host));
  const metricsServer = await listening(store, metricsListenerOf(config), () =>
    startMetricsServer(metrics, config),
  );
  const starting = asStartingUser(() => startUdp({ ...components, tracker }, port));
  udp = await starting.catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  log.info('listening', { port, udpPort: udp?.port });
  void greet(config, { http: port, udp: udp?.port }, health, printer(STDOUT));
  housekeeping.start();
  stats.start();

  log.info('stopping', { signal: await stopped });
  stats.stop();
  const servers = udp === undefined ? [server] : [server, udp.server];
  await stop(servers, { housekeeping, admin, metricsServer }, store, config, log);
}

/** MAX_CONNECTIONS, or fewer if the system does not allow that many: the store needs some files, too. */
function connectionsWithin({ maxConnections }: Config, log: Log): number {
  const openFiles = maxOpenFiles();
  const connections = roomForConnections(maxConnections, openFiles);
  if (connections < maxConnections) {
    const meaning = 'raise the limit on open files (ulimit -n, LimitNOFILE), or lower MAX_CONNECTIONS';
    log.warn('too few open files', { allowed: openFiles, maxConnections, connections, meaning });
  }
  return connections;
}

function startLog(config: Config): Log {
  const log = startProcessLog(config.logLevel);
  logConsole(log, console);
  logWarnings(log, process);
  endOnBug(log);
  return log;
}

/** Where the process listens, and the settings that say so. */
interface Listener {
  readonly port: number;
  readonly host: string;
  readonly portSetting: string;
  readonly hostSetting: string;
}

function listenerOf({ port, host }: Config): Listener {
  return { port, host, portSetting: 'PORT', hostSetting: 'HOST' };
}

function metricsListenerOf({ metricsPort, metricsHost }: Config): Listener {
  return {
    port: metricsPort,
    host: metricsHost,
    portSetting: 'METRICS_PORT',
    hostSetting: 'METRICS_HOST',
  };
}

async function listening<T>(store: Store, listener: Listener, listen: () => Promise<T>): Promise<T> {
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

/** Ends the process within SHUTDOWN_TIMEOUT: with status 0 if everything could be closed. */
async function stop(
  servers: readonly { close(timeoutMs: number): Promise<void> }[],
  {
    housekeeping,
    admin,
    metricsServer,
  }: {
    readonly housekeeping: Housekeeping;
    readonly admin: AdminServer;
    readonly metricsServer: MetricsServer | undefined;
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
  await store.close();
  clearTimeout(overdue);
  log.info('stopped', { leftMs: Math.round(deadline - performance.now()) });
  await endProcess(0);
}

/** After an error that nobody expected nothing is known of the state: one line, and whoever supervises starts anew. */
function endOnBug(log: Log): void {
  let isEnding = false;
  process.on('uncaughtException', (cause, origin) => {
    // What follows from that while the process ends would be more lines.
    if (isEnding) return;
    isEnding = true;
    // Also that of an error of which the log would show no stack: here nobody has foreseen it.
    const { stack } = cause instanceof Error ? cause : new Error(String(cause));
    log.error(origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception', {
      stack,
      cause,
    });
    void endProcess(failed);
  });
}
