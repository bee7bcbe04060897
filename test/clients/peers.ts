/**
 * BitTorrent programs as peers of one torrent. Each runs on loopback only, takes peers from the
 * torrent's tracker only (no DHT, no peer exchange, no local discovery), seeds when its directory
 * has the content already, and goes on seeding when it is complete.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import bencode from 'bencode';
import { freePort } from '../support/free-port.js';
import { programNamed } from '../support/programs.js';
import { startProgram, type RunningProgram } from '../support/running-program.js';

export interface PeerOptions {
  readonly torrentFile: string;
  /** Where the content is, or goes to. */
  readonly contentDirectory: string;
  /** The program's own empty directory, also its home. */
  readonly homeDirectory: string;
  /** The loopback address that it uses. */
  readonly address: '127.0.0.1' | '::1';
}

export type StartPeer = (options: PeerOptions) => Promise<RunningProgram>;

export const startAria2: StartPeer = (options) => startAria2With(options, ['--enable-dht=false']);

/**
 * Without its DHT aria2 asks no tracker over UDP. It knows no node, so it finds nobody by it. Only
 * for IPv4.
 */
export const startAria2OverUdp: StartPeer = async (options) =>
  startAria2With(options, [
    '--enable-dht=true',
    `--dht-listen-port=${await freePort()}`,
    `--dht-file-path=${options.homeDirectory}/dht.dat`,
  ]);

const startAria2With = async (
  { torrentFile, contentDirectory, homeDirectory, address }: PeerOptions,
  dht: readonly string[],
): Promise<RunningProgram> =>
  start('aria2', homeDirectory, [
    '--no-conf',
    ...dht,
    '--enable-dht6=false',
    '--enable-peer-exchange=false',
    '--bt-enable-lpd=false',
    `--interface=${address}`,
    `--disable-ipv6=${String(address === '127.0.0.1')}`,
    `--listen-port=${await freePort()}`,
    `--dir=${contentDirectory}`,
    '--file-allocation=none',
    '--check-integrity=true',
    // It never says `completed` if it is done before its first announce is answered: the seeder may
    // hear of it sooner than itself.
    '--max-overall-download-limit=1M',
    // No limit: it seeds until it is stopped.
    '--seed-ratio=0',
    '--show-console-readout=false',
    '--console-log-level=notice',
    torrentFile,
  ]);

/**
 * Only for IPv4: Transmission takes no tracker's word for a peer on loopback, it waits for the
 * other peer to connect.
 */
export const startTransmission: StartPeer = async ({
  torrentFile,
  contentDirectory,
  homeDirectory,
  address,
}) => {
  const configDirectory = `${homeDirectory}/config`;
  await mkdir(configDirectory);
  await letTransmissionKnow(configDirectory, torrentFile, (await readdir(contentDirectory)).length > 0);
  const settings = {
    'bind-address-ipv4': address,
    'dht-enabled': false,
    'lpd-enabled': false,
    'pex-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
  };
  await writeFile(`${configDirectory}/settings.json`, JSON.stringify(settings));
  return start('transmission', homeDirectory, [
    `--config-dir=${configDirectory}`,
    `--download-dir=${contentDirectory}`,
    `--port=${await freePort()}`,
    '--no-portmap',
    torrentFile,
  ]);
};

/**
 * Makes a torrent one that Transmission has had before, complete or not. A new one it starts, stops
 * to verify it, and starts again, so that its first announce says `stopped`; and when just that one
 * fails, it forgets the `started` that waits behind it and never announces again
 * (tier_announce_event_push of 3.00). A `started` that fails is repeated 20 seconds later.
 */
async function letTransmissionKnow(
  configDirectory: string,
  torrentFile: string,
  isComplete: boolean,
): Promise<void> {
  const metainfo = await readFile(torrentFile);
  const { info } = bencode.decode(metainfo) as { info: object };
  const name = createHash('sha1').update(bencode.encode(info)).digest('hex');
  const files: [directory: string, name: string, content: Uint8Array][] = [
    ['torrents', `${name}.torrent`, metainfo],
    ['resume', `${name}.resume`, bencode.encode({ progress: { blocks: isComplete ? 'all' : 'none' } })],
  ];
  for (const [directory, file, content] of files) {
    await mkdir(`${configDirectory}/${directory}`);
    await writeFile(`${configDirectory}/${directory}/${file}`, content);
  }
}

const libtorrentScript = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url));

export const startLibtorrent: StartPeer = ({ torrentFile, contentDirectory, homeDirectory, address }) =>
  start('libtorrent', homeDirectory, [libtorrentScript, torrentFile, contentDirectory, address]);

/** Only for IPv4. */
export const startQbittorrent: StartPeer = async ({
  torrentFile,
  contentDirectory,
  homeDirectory,
  address,
}) => {
  const configDirectory = `${homeDirectory}/qBittorrent/config`;
  await mkdir(configDirectory, { recursive: true });
  const lines = [
    '[LegalNotice]',
    'Accepted=true',
    '[BitTorrent]',
    'Session\\DHTEnabled=false',
    'Session\\PeXEnabled=false',
    'Session\\LSDEnabled=false',
    `Session\\Port=${await freePort()}`,
    'Session\\Interface=lo',
    'Session\\InterfaceName=lo',
    `Session\\InterfaceAddress=${address}`,
    `Session\\DefaultSavePath=${contentDirectory}`,
    'Session\\AddTorrentPaused=false',
    '[Preferences]',
    `WebUI\\Address=${address}`,
  ];
  await writeFile(`${configDirectory}/qBittorrent.conf`, `${lines.join('\n')}\n`);
  return start('qbittorrent', homeDirectory, [
    `--profile=${homeDirectory}`,
    `--webui-port=${await freePort()}`,
    '--skip-dialog=true',
    `--save-path=${contentDirectory}`,
    torrentFile,
  ]);
};

function start(name: string, homeDirectory: string, args: readonly string[]): Promise<RunningProgram> {
  // Without the PATH and without the user's settings; PYTHON* or a proxy in the environment would
  // change what is tested.
  return startProgram(commandOf(name), args, {
    cwd: homeDirectory,
    env: { HOME: homeDirectory, PATH: process.env['PATH'] },
  });
}

function commandOf(name: string): string {
  return programNamed(name).command;
}
