type Step = () => Promise<unknown>;

/**
 * What a test has started or made, to be ended in reverse order; a set-up that failed half-way
 * leaves just what there is to end.
 */
export class Cleanup {
  readonly #steps: Step[] = [];

  add(step: Step): void {
    this.#steps.push(step);
  }

  /** Takes every step, even if one fails, and then throws what the first failure threw. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
