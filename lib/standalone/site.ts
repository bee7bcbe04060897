import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Config } from '../config.js';
import { pathOf } from '../http/request-target.js';
import { MetricsEndpoint } from '../stats/metrics-endpoint.js';
import type { ProcessStats } from '../stats/process-stats.js';
import { announceUrlsAt, publicUrlOf } from '../stats/public-url.js';
import type { SiteReply, SiteRequest } from '../stats/site-reply.js';
import { StatsSite } from '../stats/site.js';
import type { Health } from './health.js';

const METRICS_PATH = '/metrics';

/**
 * What the server answers where no work of a tracker is asked for; /metrics only to who has the
 * token.
 * @param udpPort by now; undefined without UDP
 */
export function siteOf(
  stats: ProcessStats,
  { publicUrl, metricsToken }: Config,
  health: Health,
  metrics: MetricsEndpoint,
  udpPort: () => number | undefined,
): (request: SiteRequest) => Promise<SiteReply> | undefined {
  const site = new StatsSite({
    figures: () => stats.figures(health.isHealthy()),
    announceUrls: (url) => announceUrlsAt(url, udpPort()),
  });
  return (request) => {
    if (request.path === METRICS_PATH) return metricsToken === '' ? undefined : metrics.reply(request);
    return site.reply(request.path, publicUrlOf(publicUrl, request));
  };
}

export function metricsOf(stats: ProcessStats, { metricsToken }: Config, health: Health): MetricsEndpoint {
  return new MetricsEndpoint(metricsToken, () => stats.families(health.isHealthy()));
}

/** The listener of METRICS_PORT, which answers /metrics and nothing else. */
export class MetricsServer {
  private readonly http: Server;

  constructor(metrics: MetricsEndpoint) {
    this.http = createServer((request, response) => {
      const header = (name: string): string | undefined => {
        const value = request.headers[name];
        return Array.isArray(value) ? value.join(',') : value;
      };
      const isAsked = request.method === 'GET' && pathOf(request.url ?? '') === METRICS_PATH;
      void (isAsked ? metrics.reply({ header }) : Promise.resolve(NOT_FOUND)).then(
        ({ status, headers, body }) => {
          response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
        },
      );
    });
  }

  /**
   * @returns the port
   * @throws the error of node:net if it cannot listen
   */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', reject);
      this.http.listen({ port, host }, () => {
        this.http.off('error', reject);
        resolve();
      });
    });
    return (this.http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.http.close(resolve);
      this.http.closeAllConnections();
    });
  }
}

/** @returns undefined without METRICS_PORT. @throws the error of node:net if it cannot listen */
export async function startMetricsServer(
  metrics: MetricsEndpoint,
  { metricsPort, metricsHost }: Config,
): Promise<MetricsServer | undefined> {
  if (metricsPort === 0) return undefined;
  const server = new MetricsServer(metrics);
  await server.listen(metricsPort, metricsHost);
  return server;
}

const NOT_FOUND: SiteReply = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: Buffer.from('only /metrics is here\n'),
};
