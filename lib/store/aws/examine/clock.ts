import { ok, note, wrong, type Finding } from '../../../finding.js';

/** AWS refuses at 300 s (DynamoDB) and 900 s (S3). */
const maxSkewSeconds = 240;

/** Whether the clocks of this machine and of the server agree, by the time that an answer tells. */
export function clockFinding(clockAheadSeconds: number | undefined): Finding {
  const subject = 'the clock of this machine';
  if (clockAheadSeconds === undefined) return note(subject, 'cannot be compared: the server tells no time');
  const off = Math.abs(clockAheadSeconds);
  const detail = `is ${off} s ${clockAheadSeconds < 0 ? 'behind' : 'ahead of'} the server's`;
  if (off >= maxSkewSeconds) return wrong(subject, detail, 'set it right: run NTP');
  return ok(subject, detail);
}
