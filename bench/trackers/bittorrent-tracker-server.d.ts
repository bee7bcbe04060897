/**
 * The part of the package's server that is measured; it has no types, and is installed here in
 * bench/ only.
 */
declare module 'bittorrent-tracker/server' {
  export default class Server {
    constructor(options: { http: boolean; udp: boolean; ws: boolean; stats: boolean });
    on(event: 'error', listener: (error: Error) => void): void;
    listen(port: number, host: string): void;
  }
}
