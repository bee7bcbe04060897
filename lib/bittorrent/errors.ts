/**
 * A request that cannot be answered because of what the client sent. The message is the short, fixed text that the
 * client is shown as `failure reason`; no other error's text ever leaves the tracker.
 */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';

  /**
   * @param message the failure reason: short, fixed, nothing taken from the request
   * @param retryIn minutes after which the same request may succeed, `'never'` if the request itself is wrong (BEP 31),
   *   undefined to leave it to the client
   */
  constructor(
    message: string,
    readonly retryIn?: number | 'never',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A request that could be answered, but the policy does not let it. One object may stand for any number of requests. */
export class Refusal extends ClientError {
  override readonly name = 'Refusal';

  /** @param rule a short fixed name of what refuses, by which refusals are counted; the client does not see it */
  constructor(
    readonly rule: string,
    ...told: ConstructorParameters<typeof ClientError>
  ) {
    super(...told);
  }
}
