import type { SignedClient } from '../../aws/signed-client.js';
import { testKey } from '../../test-key.js';
import { countsFolder } from '../s3-store.js';

/**
 * The objects that an examination makes: under keys that nobody else has, so that they may be
 * deleted without a condition.
 */
export class Scratch {
  private readonly names: string[] = [];

  /** @param base path in front of a key */
  constructor(
    private readonly client: SignedClient,
    private readonly options: { readonly callTimeoutMs: number },
    private readonly base: string,
  ) {}

  /** A key of a shard that does not exist. */
  key(): string {
    const key = testKey();
    this.note(key);
    return key;
  }

  /** A key of a count that does not exist. */
  countKey(): string {
    const key = testKey();
    this.note(countsFolder + key);
    return key;
  }

  /** One more that will have to go. */
  note(name: string): void {
    this.names.push(name);
  }

  /**
   * Deletes all of them. What cannot be deleted stays, behind all infohashes, where nothing comes
   * across it.
   */
  async cleanUp(): Promise<void> {
    await Promise.allSettled(
      this.names
        .splice(0)
        .map((name) =>
          this.client.call(this.options.callTimeoutMs, (send) =>
            send({ name: 'delete', method: 'DELETE', path: this.base + name, repeatable: true }),
          ),
        ),
    );
  }
}
