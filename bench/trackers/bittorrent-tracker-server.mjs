/**
 * bittorrent-tracker's server on the port named on the command line: announces over HTTP and
 * nothing else.
 */
// @ts-ignore It is installed in bench/ alone, and has no types.
import Server from 'bittorrent-tracker/server';

const server = new Server({ http: true, udp: false, ws: false, stats: false });
server.on('error', (/** @type {unknown} */ error) => {
  console.error(error);
  process.exit(1);
});
server.listen(Number(process.argv[2]), '127.0.0.1');
