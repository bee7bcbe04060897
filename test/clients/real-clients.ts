import { mkdir, readFile, writeFile } from 'node:fs/promises';

import type { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import type { RunningProgram } from '../support/running-program.js';
import type { PeerOptions, StartPeer } from './peers.js';
import type { Torrent } from './torrent.js';

/** A seeder has the file of its torrent, a leecher has to get it. */
export type Role = 'seeder' | 'leecher';

export interface RealClient {
  readonly program: RunningProgram;
  /** Path of the file that it has or gets. */
  readonly file: string;
}

/** Real clients that share torrents, each with directories of its own, named after its role. */
export class RealClients {
  /** In the order in which they joined. */
  readonly programs: RunningProgram[] = [];

  /** @param atEnd stops them */
  constructor(
    private readonly directory: string,
    private readonly atEnd: Cleanup,
  ) {}

  async join(
    role: Role,
    start: StartPeer,
    torrent: Torrent,
    address: PeerOptions['address'] = '127.0.0.1',
  ): Promise<RealClient> {
    const torrentFile = `${this.directory}/${role}.torrent`;
    const contentDirectory = `${this.directory}/${role}/content`;
    const homeDirectory = `${this.directory}/${role}/home`;
    await mkdir(contentDirectory, { recursive: true });
    await mkdir(homeDirectory);
    await writeFile(torrentFile, torrent.metainfo);
    const file = `${contentDirectory}/${torrent.fileName}`;
    if (role === 'seeder') await writeFile(file, torrent.content);
    const program = await start({ torrentFile, contentDirectory, homeDirectory, address });
    this.programs.push(program);
    this.atEnd.add(() => program.stop());
    return { program, file };
  }

  /** Stops the one that joined last, as its user would. */
  async leave(): Promise<void> {
    await this.programs.at(-1)?.stop();
  }
}

/** Waits until a client has the file of a torrent. @param state for who reads of the failure */
export async function expectTransfer(
  { file }: RealClient,
  { content }: Torrent,
  deadlineMs: number,
  state: () => string,
): Promise<void> {
  const isWhole = async (): Promise<boolean> =>
    (await readFile(file).catch(() => undefined))?.equals(content) === true;
  await eventually('the transfer', deadlineMs, isWhole, state);
}
