export function renderGateway(...sources: readonly Readonly<Record<string, string | undefined>>[]): string;
