export function readEnvFile(file: string): Record<string, string>;
export function withoutEmpty(settings: Readonly<Record<string, string | undefined>>): Record<string, string>;
