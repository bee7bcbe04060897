/**
 * How long peers stay in a swarm, and how they leave.
 *
 * The lengths and the shares of sessions that ended without a `stopped` are those of three
 * trackers' logs in Daniel Stutzbach and Reza Rejaie, "Understanding Churn in Peer-to-Peer
 * Networks", Internet Measurement Conference 2006: Weibull distributions, in minutes, and the
 * sessions that were left out there as they "ended ungracefully". The figures were taken from
 * summaries of that paper. Its plot of uptimes agrees with the unit: of the peers that are there 15 %
 * (FlatOut) and 60 % (Debian) have been for more than five hours.
 */
import type { Random } from '../../lib/environment.js';

export interface SessionModel {
  readonly name: string;
  /** Weibull: shape, and scale in seconds. */
  readonly shape: number;
  readonly scaleSeconds: number;
  /** The share of sessions that end without a `stopped`. */
  readonly crashShare: number;
  /** The share of sessions that begin as a seeder. */
  readonly seederShare: number;
  /** The share of the other sessions that complete, at any time of theirs. */
  readonly completingShare: number;
}

/** Not measured there: an assumption, the same for all. */
const STATES = { seederShare: 0.5, completingShare: 0.5 };

export const SESSION_MODELS = {
  flatout: { name: 'FlatOut', shape: 0.59, scaleSeconds: 41.9 * 60, crashShare: 0.27, ...STATES },
  redhat: { name: 'Red Hat', shape: 0.34, scaleSeconds: 21.3 * 60, crashShare: 0.22, ...STATES },
  debian: { name: 'Debian', shape: 0.38, scaleSeconds: 42.4 * 60, crashShare: 0.7, ...STATES },
  /** Not published: what the row `headline` assumes, of 100 announces 92 regular. */
  headline: { name: 'headline', shape: 1, scaleSeconds: 25 * 1890, crashShare: 0.5, ...STATES },
} as const satisfies Readonly<Record<string, SessionModel>>;

export type SessionModelName = keyof typeof SESSION_MODELS;

/** The length of a new session, seconds. */
export function sessionLength({ shape, scaleSeconds }: SessionModel, random: Random): number {
  return scaleSeconds * (-Math.log(1 - random())) ** (1 / shape);
}

/**
 * The length of a session that is found under way at any moment, seconds: a long one is found in
 * proportion to its length. (length / scale) ^ shape is gamma distributed with 1 + 1 / shape.
 */
export function lengthUnderWay({ shape, scaleSeconds }: SessionModel, random: Random): number {
  return scaleSeconds * gamma(1 + 1 / shape, random) ** (1 / shape);
}

/** The mean length of a session, seconds. */
export function meanSessionLength({ shape, scaleSeconds }: SessionModel): number {
  return scaleSeconds * gammaFunction(1 + 1 / shape);
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; for shapes from 1. */
function gamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Stirling's series after shifting the argument up; exact to 1e-9 for arguments from 1. */
function gammaFunction(x: number): number {
  let shift = 1;
  while (x < 10) shift *= x++;
  const series = 1 + 1 / (12 * x) + 1 / (288 * x ** 2) - 139 / (51_840 * x ** 3);
  return (Math.sqrt((2 * Math.PI) / x) * (x / Math.E) ** x * series) / shift;
}
