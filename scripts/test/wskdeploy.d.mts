export const wskdeployForTests: string;
export function installWskdeploy(): void;
