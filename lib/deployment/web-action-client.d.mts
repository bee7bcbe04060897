import type { Answer } from './get-once.mts';

export interface Platform {
  /** URL. */
  readonly apiHost: string;
  readonly namespace: string;
}

export interface Peer {
  /** 20 bytes. */
  readonly infohash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
}

export function webActionUrl(platform: Platform, action: 'announce' | 'scrape'): string;
export function gatewayHeaders(secret: string, target: string): Record<string, string>;
export const probeHeaders: Readonly<Record<string, string>>;
export function deploymentIn(answer: Answer): string | undefined;
export function announceQuery(event: 'started' | 'stopped', peer?: Peer): string;
export function newPeer(): Peer;
export function escaped(bytes: Uint8Array): string;
export function problemOf(answer: Answer): string | undefined;
export function failureIn(body: Buffer): string | undefined;
