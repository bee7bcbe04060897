import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readEnvFile } from '../../lib/settings/settings-file.mjs';
import { renderGateway } from '../../deploy/nginx/settings.mjs';
import { describeWith, installed, programNamed } from '../support/programs.js';
import { makeCertificate } from './support/certificate.js';

const deployNginx = new URL('../../deploy/nginx/', import.meta.url);
const template = readFileSync(new URL('templates/tracker.conf.template', deployNginx), 'utf8');
const needed = {
  OPENWHISK_SERVER: '10.0.0.7:443',
  OPENWHISK_NAME: 'openwhisk.example',
  OPENWHISK_NAMESPACE: 'guest',
  TRACKER_SECRET: '0123456789abcdef',
};

describe("The gateway's settings", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tracker-test-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function render(args: readonly string[], env: Readonly<Record<string, string>>): ReturnType<typeof run> {
    return run(process.execPath, [fileURLToPath(new URL('render.mjs', deployNginx)), ...args], env);
  }

  it('are all in gateway.env, and the template uses no others', () => {
    const used = new Set(Array.from(template.matchAll(/\$\{(\w+)\}/g), ([, name]) => name));
    expect([...used]).to.have.members(
      Object.keys(readEnvFile(fileURLToPath(new URL('gateway.env', deployNginx)))),
    );
  });

  it('leave no placeholder, and leave what nginx itself fills in', () => {
    const configuration = renderGateway(needed);
    expect(configuration).to.not.match(/\$\{/);
    expect(configuration).to.contain('map $request_uri $tracker_route');
    expect(configuration).to.contain('server 10.0.0.7:443 ');
    expect(configuration).to.contain('/api/v1/web/guest/tracker/announce.http');
  });

  it('are each named if they are missing or empty', () => {
    expect(() => renderGateway({ TRACKER_SECRET: '' })).to.throw(
      /^OPENWHISK_SERVER: is missing.*\nOPENWHISK_NAME: is missing.*\nOPENWHISK_NAMESPACE: is missing.*\nTRACKER_SECRET: is missing[^\n]*$/,
    );
  });

  it('cannot bring anything else into the configuration', () => {
    for (const [name, fallback] of Object.entries(renderable())) {
      for (const evil of ['a; return 200', 'a}', '$request_uri', 'a b', 'a"', 'a\nb', '${LISTEN}']) {
        expect(() => renderGateway({ ...needed, [name]: fallback + evil }), name).to.throw(
          new RegExp(`^${name}: got`),
        );
      }
    }
  });

  it('are refused if a port is none', () => {
    const before: [name: string, text: string][] = [
      ['OPENWHISK_SERVER', '10.0.0.7:'],
      ['LISTEN', ''],
      ['LISTEN', '127.0.0.1:'],
      ['LISTEN_IPV6', '[::]:'],
      ['GATEWAY_HOP', '127.0.0.1:'],
      ['GATEWAY_FRONT', '127.0.0.1:'],
    ];
    for (const [name, text] of before) {
      expect(renderGateway({ ...needed, [name]: `${text}65535` })).to.contain(`${text}65535`);
      for (const port of ['0', '65536', '99999']) {
        expect(() => renderGateway({ ...needed, [name]: text + port }), text + port).to.throw(`${name}: got`);
      }
    }
    const hop = 'unix:/run/tracker-99999';
    expect(renderGateway({ ...needed, GATEWAY_HOP: hop })).to.contain(`listen ${hop};`);
  });

  it('do not show a secret that cannot be used', () => {
    expect(() => renderGateway({ ...needed, TRACKER_SECRET: 'swordfish' })).to.throw(
      'TRACKER_SECRET: got a value that is not shown, takes 16 to 128 letters, digits, - and _',
    );
  });

  it('take a secret of digits alone, as a deployment does', () => {
    const digits = '12345678901234567890';
    expect(renderGateway({ ...needed, TRACKER_SECRET: digits })).to.contain(
      `X-Require-Whisk-Auth "${digits}";`,
    );
  });

  it('come from the environment, then from a file, then from gateway.env', () => {
    const file = join(directory, 'my.env');
    writeFileSync(
      file,
      '# mine\nOPENWHISK_SERVER=10.0.0.8:443\nOPENWHISK_NAME=from-file.example\n\nRETRY_IN=3\n',
    );
    const { status, stdout } = render(['--settings', file], {
      OPENWHISK_NAME: 'from-environment.example',
      OPENWHISK_NAMESPACE: needed.OPENWHISK_NAMESPACE,
      TRACKER_SECRET: needed.TRACKER_SECRET,
      RETRY_IN: '',
    });
    expect(status).to.equal(0);
    expect(stdout).to.contain('server 10.0.0.8:443 ');
    expect(stdout).to.contain('proxy_ssl_name from-environment.example;');
    expect(stdout).to.contain('retry ini3ee');
    expect(stdout).to.contain('rate=50r/s');
  });

  it('are written to a file that only its owner can read', () => {
    const file = join(directory, 'tracker.conf');
    expect(render(['--output', file], needed).status).to.equal(0);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file, 'utf8')).to.equal(renderGateway(needed));
  });

  it('are written so to a file that was there before, and that others could read', () => {
    const file = join(directory, 'tracker.conf');
    writeFileSync(file, `${renderGateway(needed)}# and more\n`);
    chmodSync(file, 0o644);
    expect(render(['--output', file], needed).status).to.equal(0);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file, 'utf8')).to.equal(renderGateway(needed));
  });

  it('can be written to what is no file, whose mode is left alone', () => {
    const { status, stdout, stderr } = render(['--output', '/dev/null'], needed);
    expect([status, stdout, stderr]).to.deep.equal([0, '', '']);
    expect(statSync('/dev/null').mode & 0o777).to.equal(0o666);
  });

  it('end the command with status 2 and a line each if they cannot be used', () => {
    const { status, stdout, stderr } = render([], { ...needed, LISTEN: 'x;' });
    expect(status).to.equal(2);
    expect(stdout).to.equal('');
    expect(stderr).to.equal('LISTEN: got "x;", takes a port, address:port or [address]:port\n');
  });

  describeWith([installed('envsubst')], 'in the official image', () => {
    /**
     * As its 20-envsubst-on-templates.sh does it: no variable is replaced but those that the
     * environment has.
     */
    const renderInImage = `
      defined=$(printf '\${%s} ' $(awk 'END { for (name in ENVIRON) print name }' < /dev/null))
      envsubst "$defined"
    `;

    it('make the same configuration as the script does', () => {
      const settings = { ...renderable(), LISTEN: '8080', RETRY_IN: '7', ACCESS_LOG: '/dev/stdout' };
      const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', renderInImage], {
        encoding: 'utf8',
        input: template,
        env: { PATH: process.env['PATH'], HOME: '/root', ...settings },
      });
      expect(status, stderr).to.equal(0);
      expect(stdout).to.equal(renderGateway(settings));
    });
  });

  describeWith([installed('nginx'), installed('openssl')], 'in nginx', () => {
    it('pass its own check with HTTPS to OpenWhisk, TLS and HTTP/2 for clients and a proxy in front', () => {
      const { certificate, key } = makeCertificate(directory, 'tracker.example.org');
      const tls = readFileSync(new URL('tracker.d/tls.conf.example', deployNginx), 'utf8')
        .replace(/\S+fullchain\.pem/, certificate)
        .replace(/\S+privkey\.pem/, key);
      writeFileSync(join(directory, 'tls.conf'), tls);
      writeFileSync(
        join(directory, 'acme.conf'),
        readFileSync(new URL('tracker.d/acme.conf.example', deployNginx)),
      );
      const realIp = readFileSync(new URL('tracker.d/real-ip.conf.example', deployNginx));
      writeFileSync(join(directory, 'real-ip.conf'), realIp);
      const gateway = renderGateway({
        ...needed,
        OPENWHISK_CA: certificate,
        INCLUDE_DIR: directory,
        CACHE_DIR: join(directory, 'cache'),
        ACCESS_LOG: '/dev/null',
        ERROR_LOG: join(directory, 'error.log'),
      });
      const file = join(directory, 'nginx.conf.test');
      const pid = join(directory, 'nginx.pid');
      writeFileSync(file, `pid ${pid};\nevents {}\nhttp {\n${gateway}}\n`);
      const { status, stderr } = run(programNamed('nginx').command, ['-t', '-c', file, '-e', 'stderr']);
      expect(status, stderr).to.equal(0);
      expect(stderr).to.not.match(/warn/);
    });
  });
});

/** A value that can be used for every setting. */
function renderable(): Record<string, string> {
  const defaults = readEnvFile(fileURLToPath(new URL('gateway.env', deployNginx)));
  return { ...defaults, ...needed };
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(command, args, { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env } });
}
