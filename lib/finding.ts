/** What the doctor found out about one thing. */
export interface Finding {
  /**
   * `warning`: it works, but not as well as it should. `wrong`: announces fail, or get lost.
   * `note`: no judgement, e.g. on what was not looked at.
   */
  readonly verdict: 'ok' | 'note' | 'warning' | 'wrong';
  /** What was looked at, e.g. `bucket type swarms`. */
  readonly subject: string;
  /** What was seen, in one line. */
  readonly detail: string;
  /** What mends it: a command, or what to do. Missing if all is well. */
  readonly remedy?: string;
}

/**
 * Looks at one part of a site and tells what it finds, as it finds it. Never throws for what may be
 * wrong with a site.
 */
export type Examination = () => AsyncGenerator<Finding>;

export function ok(subject: string, detail: string): Finding {
  return { verdict: 'ok', subject, detail };
}

export function note(subject: string, detail: string): Finding {
  return { verdict: 'note', subject, detail };
}

export function warning(subject: string, detail: string, remedy: string): Finding {
  return { verdict: 'warning', subject, detail, remedy };
}

export function wrong(subject: string, detail: string, remedy: string): Finding {
  return { verdict: 'wrong', subject, detail, remedy };
}
