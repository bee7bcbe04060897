/** Requests as they came in at the socket, whatever became of them. */
export class OperationCounts {
  private readonly codes = new Map<number, number>();
  private readonly keys = new Map<string, number>();

  add(code: number, key: string | undefined): void {
    this.codes.set(code, this.count(code) + 1);
    if (key !== undefined) this.keys.set(key, this.ofKey(key) + 1);
  }

  /** Requests with one of the message codes; with none named, all requests. */
  count(...codes: readonly number[]): number {
    const counted = codes.length === 0 ? [...this.codes.keys()] : codes;
    return counted.reduce((sum, code) => sum + (this.codes.get(code) ?? 0), 0);
  }

  /** Requests that named the key, in whatever bucket. */
  ofKey(key: string): number {
    return this.keys.get(key) ?? 0;
  }

  /** Message code -> requests. */
  byCode(): Record<number, number> {
    return Object.fromEntries(this.codes);
  }

  reset(): void {
    this.codes.clear();
    this.keys.clear();
  }
}
