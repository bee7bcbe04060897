/**
 * Answers every datagram on the port named on the command line with so many bytes, as BEP 15 begins
 * a reply.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [, , port, length] = process.argv;
const connected = Buffer.alloc(16);
const announced = Buffer.alloc(Number(length));
announced.writeUInt32BE(1);

const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 8_388_608,
  lookup: (host, _options, done) => done(null, host, 4),
});
socket.on('message', (datagram, { port, address }) => {
  const reply = datagram.length === 16 ? connected : Buffer.from(announced);
  datagram.copy(reply, 4, 12, 16);
  socket.send(reply, 0, reply.length, port, address);
});
socket.bind(Number(port), '127.0.0.1');
// For whoever waits until it is there.
createServer().listen(Number(port), '127.0.0.1');
