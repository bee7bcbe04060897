/**
 * A client's connection: requests come in, are counted, meet their faults and are answered one
 * after the other.
 */

import type { Socket } from 'node:net';
import { errorFrame, RiakCrash, RiakError } from './answers.js';
import type { Request } from './dispatch.js';
import { readRequest } from './dispatch.js';
import type { Fault, Faults } from './faults.js';
import type { Frame } from './framing.js';
import { encodeFrame, FrameReader, FramingError } from './framing.js';
import { Code } from './messages.js';
import type { Processor } from './processor.js';
import type { Context } from './requests.js';
import type { Security } from './security.js';

export interface ConnectionSettings {
  readonly context: Context;
  readonly faults: Faults;
  readonly security: Security | undefined;
  readonly processor: Processor;
  /** True while the node starts: it serves no request about keys yet. */
  readonly isStarting: () => boolean;
  /** Added to each request, in milliseconds. */
  readonly latency: () => number;
  /** Told of every request at the moment when it is taken up. */
  readonly onRequest: (code: number, key: string | undefined) => void;
}

/** How far a connection is with security. Without security it is open from the start. */
type Stage = 'awaits-tls' | 'awaits-user' | 'open';

const NOTHING = Buffer.alloc(0);
const UNKNOWN_CODE = 199;
/** A field of a length that the frame does not have: no protobuf reader can make sense of it. */
const NO_PROTOBUF = Buffer.of(0x0a, 0xff, 0xff, 0x7f, 0x0a);
const IMPOSSIBLE_LENGTH = Buffer.of(0xff, 0xff, 0xff, 0xff);

export class Connection {
  private readonly reader = new FrameReader();
  private readonly waiting: Frame[] = [];
  private stage: Stage;
  private busy = false;
  private mute = false;
  private paused = false;
  /** What came due while the node was paused. */
  private overdue: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private socket: Socket,
    private readonly settings: ConnectionSettings,
    private readonly onClosed: () => void,
  ) {
    this.stage = settings.security === undefined ? 'open' : 'awaits-tls';
    socket.setNoDelay(true);
    this.listen();
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.waiting.length = 0;
    this.overdue = [];
    this.mute = true;
    this.socket.destroy();
  }

  /** As a stopped process: the kernel takes bytes in, nobody reads them. */
  pause(): void {
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.paused = false;
    this.socket.resume();
    const due = this.overdue;
    this.overdue = [];
    for (const act of due) act();
    this.serveWaiting();
  }

  private listen(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    // A client that goes away is nothing special; 'close' follows.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.destroy();
      this.onClosed();
    });
  }

  private receive(chunk: Buffer): void {
    if (this.mute) return;
    try {
      this.waiting.push(...this.reader.push(chunk));
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.destroy();
      return;
    }
    this.serveWaiting();
  }

  private serveWaiting(): void {
    while (!this.busy && !this.paused && !this.mute) {
      const frame = this.waiting.shift();
      if (frame === undefined) return;
      if (this.stage === 'open') this.serve(frame);
      else this.secure(frame, this.stage);
    }
  }

  private serve(frame: Frame): void {
    let request: Request;
    try {
      request = readRequest(frame, this.settings.isStarting());
    } catch (error) {
      this.settings.onRequest(frame.code, undefined);
      this.sendFailure(error);
      return;
    }
    this.settings.onRequest(request.code, request.key);
    const fault = this.settings.faults.next(request);
    const delayMs = this.settings.latency() + (fault?.kind === 'delay' ? fault.ms : 0);
    this.busy = true;
    if (delayMs <= 0) this.answerWith(fault, this.perform(request, fault));
    else this.serveLate(request, fault, delayMs);
  }

  private answerWith(fault: Fault | undefined, answer: Promise<Frame[] | RiakError>): void {
    void answer.then((frames) => {
      this.unlessPaused(() => {
        this.busy = false;
        this.sendThrough(fault, frames);
        this.serveWaiting();
      });
    });
  }

  private serveLate(request: Request, fault: Fault | undefined, delayMs: number): void {
    const takenMs = Math.min(delayMs, request.timeoutMs ?? Infinity);
    this.after(takenMs / 2, () => {
      const answer = this.perform(request, fault);
      this.after(takenMs / 2, () => {
        this.answerWith(fault, takenMs < delayMs ? Promise.resolve([errorFrame('timeout')]) : answer);
      });
    });
  }

  private async perform(request: Request, fault: Fault | undefined): Promise<Frame[] | RiakError> {
    if (fault?.kind === 'error') return new RiakError(fault.message, fault.errorCode);
    if (fault?.kind === 'cut' || fault?.kind === 'no-answer') return [];
    try {
      const { context } = this.settings;
      return await request.answer(fault?.kind === 'stale-read' ? { ...context, stale: true } : context);
    } catch (error) {
      if (error instanceof RiakError) return error;
      throw error;
    }
  }

  private sendThrough(fault: Fault | undefined, answer: Frame[] | RiakError): void {
    switch (fault?.kind) {
      case undefined:
      case 'delay':
      case 'stale-read':
      case 'error':
        if (answer instanceof RiakError) this.sendFailure(answer);
        else this.send(answer);
        return;
      case 'no-answer':
        this.mute = true;
        return;
      case 'cut':
        this.destroy();
        return;
      case 'answer-lost':
        if (fault.by === 'cut') this.destroy();
        else this.mute = true;
        return;
      case 'cut-mid-frame': {
        const bytes = encoded(answer instanceof RiakError ? [errorFrame(answer.message)] : answer);
        this.sendAndCut(bytes.subarray(0, Math.floor(bytes.length / 2)));
        return;
      }
      case 'garbage':
        this.sendGarbage(fault.in, answer);
    }
  }

  private sendGarbage(where: 'body' | 'code' | 'length', answer: Frame[] | RiakError): void {
    if (where === 'length') {
      this.mute = true;
      this.socket.write(IMPOSSIBLE_LENGTH);
      return;
    }
    const right = answer instanceof RiakError ? Code.error : (answer[0]?.code ?? Code.error);
    this.send([{ code: where === 'code' ? UNKNOWN_CODE : right, body: NO_PROTOBUF }]);
  }

  private sendFailure(error: unknown): void {
    if (!(error instanceof RiakError)) throw error;
    const frame = errorFrame(error.message, error.errorCode);
    if (error instanceof RiakCrash) this.sendAndCut(encoded([frame]));
    else this.send([frame]);
  }

  private send(frames: readonly Frame[]): void {
    this.socket.write(encoded(frames));
  }

  private sendAndCut(bytes: Buffer): void {
    this.mute = true;
    this.socket.write(bytes, () => {
      this.destroy();
    });
  }

  private secure(frame: Frame, stage: 'awaits-tls' | 'awaits-user'): void {
    const { security, onRequest } = this.settings;
    if (security === undefined) return;
    onRequest(frame.code, undefined);
    if (stage === 'awaits-tls') this.startTls(frame, security);
    else this.authenticate(frame, security);
  }

  private startTls(frame: Frame, security: Security): void {
    if (frame.code !== Code.startTls) {
      this.send([errorFrame('Security is enabled, please STARTTLS first')]);
      return;
    }
    if (!security.hasCertificate) {
      this.destroy();
      return;
    }
    this.send([{ code: Code.startTls, body: NOTHING }]);
    this.socket.removeAllListeners('data');
    this.socket.removeAllListeners('close');
    this.socket = security.encrypt(this.socket);
    this.listen();
    this.stage = 'awaits-user';
  }

  private authenticate(frame: Frame, security: Security): void {
    if (frame.code !== Code.authenticateRequest) {
      this.send([errorFrame('Security is enabled, please authenticate first')]);
      return;
    }
    this.busy = true;
    this.settings.processor.work(security.checkMs, () => {
      if (this.mute) return;
      this.unlessPaused(() => {
        this.answerLogin(security, security.accepts(frame, this.socket));
      });
    });
  }

  private answerLogin(security: Security, isAccepted: boolean): void {
    if (isAccepted) {
      this.stage = 'open';
      this.busy = false;
      this.send([{ code: Code.authenticateAnswer, body: NOTHING }]);
      this.serveWaiting();
      return;
    }
    this.after(security.rejectionDelayMs, () => {
      this.busy = false;
      this.send([errorFrame('Authentication failed')]);
      this.serveWaiting();
    });
  }

  /** At most one timer runs at a time, as requests are served one after the other. */
  private after(ms: number, act: () => void): void {
    this.timer = setTimeout(() => {
      this.unlessPaused(act);
    }, ms);
  }

  private unlessPaused(act: () => void): void {
    if (this.paused) this.overdue.push(act);
    else act();
  }
}

function encoded(frames: readonly Frame[]): Buffer {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) return encodeFrame(only.code, only.body);
  return Buffer.concat(frames.map(({ code, body }) => encodeFrame(code, body)));
}
