export function makeAside(dist: string): string;
