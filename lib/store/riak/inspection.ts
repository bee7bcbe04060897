/** Questions about the cluster itself. The tracker never asks them; who sets a cluster up does. */
import { answeredOnce, type Command } from './commands.js';
import { ProtocolError } from '../remote/failures.js';
import { decode, encode, encodeBare } from './messages.js';

/** What a bucket type is made for. Quorums of 0 are none. */
export interface BucketTypeProperties {
  readonly nVal: number;
  readonly allowMult: boolean;
  readonly lastWriteWins: boolean;
  readonly datatype: string | undefined;
  /** Copies that must be on their own nodes, not on stand-ins, for a read and for a write. */
  readonly primariesForReads: number;
  readonly primariesForWrites: number;
}

/** The name that a node has in its cluster. */
export function nodeName(): Command<string> {
  const frame = encodeBare('RpbGetServerInfoReq');
  return answeredOnce('server info', frame, 'RpbGetServerInfoResp', true, (body) => {
    return decode('RpbGetServerInfoResp', body).node?.toString() ?? '';
  });
}

/** Riak answers with an error for a type that is not there, or not active. */
export function bucketTypeProperties(bucketType: string): Command<BucketTypeProperties> {
  const frame = encode('RpbGetBucketTypeReq', { type: Buffer.from(bucketType) });
  return answeredOnce('bucket type query', frame, 'RpbGetBucketResp', true, (body) => {
    const { props } = decode('RpbGetBucketResp', body);
    if (props === null) throw new ProtocolError('an answer without properties');
    return {
      nVal: props.n_val ?? 0,
      allowMult: props.allow_mult === true,
      lastWriteWins: props.last_write_wins === true,
      datatype: props.datatype?.toString(),
      primariesForReads: props.pr ?? 0,
      primariesForWrites: props.pw ?? 0,
    };
  });
}
