/** Announces over HTTP, and how they went. */
import { Agent, get } from 'node:http';
import bencode from 'bencode';
import { everyByteEscaped } from './escaped.js';
import { infohashOf, peerIdOf } from './numbered.js';

export interface HttpAnnounce {
  readonly swarm: number;
  readonly peer: number;
  readonly seeder?: boolean;
  readonly event?: 'started' | 'stopped' | 'completed';
}

export interface Outcome {
  /** The tracker said that it has the peer. */
  readonly acknowledged: boolean;
  /** The bencoded reply. */
  readonly reply: Readonly<Record<string, unknown>>;
  /** How long the client waited for it. */
  readonly milliseconds: number;
}

export class Announcer {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  /** @param url of the tracker, without a path */
  constructor(private readonly url: string) {}

  /** Rejects if the connection breaks, or the reply is none of a tracker. */
  async announce({ swarm, peer, seeder, event }: HttpAnnounce): Promise<Outcome> {
    const query = [
      `info_hash=${everyByteEscaped(infohashOf(swarm))}`,
      `peer_id=${everyByteEscaped(peerIdOf(peer))}`,
      `port=${1024 + (peer % 60_000)}`,
      `uploaded=0&downloaded=0&left=${seeder === true ? 0 : 1}&compact=1`,
      ...(event === undefined ? [] : [`event=${event}`]),
    ];
    const started = performance.now();
    const { status, body } = await this.get(`/announce?${query.join('&')}`);
    const milliseconds = performance.now() - started;
    if (status !== 200) throw new Error(`status ${status}`);
    const reply = bencode.decode(body) as Readonly<Record<string, unknown>>;
    return { acknowledged: !('failure reason' in reply), reply, milliseconds };
  }

  /** The status of /health. */
  async health(): Promise<number> {
    return (await this.get('/health')).status;
  }

  close(): void {
    this.agent.destroy();
  }

  private get(target: string): Promise<{ status: number; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const request = get(`${this.url}${target}`, { agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
        });
      });
      request.on('error', reject);
    });
  }
}
