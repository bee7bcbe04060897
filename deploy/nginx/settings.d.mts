export function renderGateway(...sources: readonly Readonly<Record<string, string | undefined>>[]): string;
export function readEnvFile(file: string): Record<string, string>;
