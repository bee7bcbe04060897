/**
 * A setting that cannot be used. The message names the setting, what it got and what it takes;
 * never the value of a secret.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** @param setting the name of the setting, as in the environment */
  constructor(
    readonly setting: string,
    readonly problem: string,
  ) {
    super(`${setting}: ${problem}`);
  }
}
