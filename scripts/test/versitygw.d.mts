export const versitygwForTests: string;
export function installVersitygw(): void;
