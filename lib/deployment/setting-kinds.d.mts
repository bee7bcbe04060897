export interface Kind {
  /** The values taken, in words. */
  readonly takes: string;
  readonly accepts: (text: string) => boolean;
  /** A secret's value is never shown. */
  readonly secret?: boolean;
}

export const trackerSecret: Kind;
export const namespaceName: Kind;

export function problemsOf(
  environment: Readonly<Record<string, string | undefined>>,
  required: Readonly<Record<string, Kind>>,
  optional?: Readonly<Record<string, Kind>>,
): string[];
