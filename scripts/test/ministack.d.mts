export const ministackPython: string;
export function installMinistack(): void;
