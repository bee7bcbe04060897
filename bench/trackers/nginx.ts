/**
 * nginx in front, as the README wants a proxy: it appends the client's address to X-Forwarded-For
 * and passes the request line on unchanged. One nginx has a port for each server behind it, so all
 * have the very same in front.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { freePort } from '../../test/support/free-port.js';
import { startTracker, type RunningTracker } from './running-tracker.js';

export interface Behind {
  readonly name: string;
  readonly port: number;
}

export interface Nginx<Name extends string> {
  /** One for each server behind; stopping one stops all. */
  readonly fronts: Readonly<Record<Name, RunningTracker>>;
  /** @throws Error if nginx had something to complain about */
  refuseErrors(): void;
}

export async function startNginx<Name extends string>(
  directory: string,
  servers: Readonly<Record<Name, Behind>>,
): Promise<Nginx<Name>> {
  const names = Object.keys(servers) as Name[];
  const ports = new Map<Name, number>();
  for (const name of names) ports.set(name, await freePort());
  const errorLog = join(directory, 'nginx-error.log');
  const file = join(directory, 'nginx.conf');
  const blocks = names.map((name, i) => server(i, servers[name].port, ports.get(name) ?? 0)).join('');
  writeFileSync(file, configuration(directory, errorLog, blocks));
  const [first = names[0]] = names;
  const nginx = await startTracker(
    { name: 'nginx', port: ports.get(first as Name) ?? 0 },
    '/usr/sbin/nginx',
    ['-p', directory, '-c', file, '-e', errorLog],
  );
  const fronts = names.map((name): [Name, RunningTracker] => [
    name,
    { ...nginx, name: `${servers[name].name} behind nginx`, port: ports.get(name) ?? 0 },
  ]);
  return {
    fronts: Object.fromEntries(fronts) as Record<Name, RunningTracker>,
    refuseErrors: () => {
      const complaints = readFileSync(errorLog, 'utf8');
      if (complaints !== '') throw new Error(`nginx complained:\n${complaints}`);
    },
  };
}

function configuration(directory: string, errorLog: string, servers: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((module) => `  ${module}_temp_path ${directory}/temporary-${module};\n`)
    .join('');
  return `daemon off;
user ${userInfo().username};
worker_processes auto;
pid ${directory}/nginx.pid;
error_log ${errorLog} warn;
events { worker_connections 4096; }
http {
  access_log off;
${temporary}${servers}}
`;
}

/** Connections to the server behind are kept, for less time than either keeps them. */
function server(number: number, behind: number, port: number): string {
  return `  upstream behind_${number} {
    server 127.0.0.1:${behind};
    keepalive 64;
    keepalive_requests 1000000;
    keepalive_timeout 4s;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://behind_${number};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
`;
}
