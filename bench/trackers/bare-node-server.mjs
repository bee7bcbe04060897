/** Answers every request on the port named on the command line with the content of a file. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , port = '', file = ''] = process.argv;
const body = readFileSync(file);
const headers = ['Content-Type', 'text/plain', 'Content-Length', String(body.length)];

createServer((_request, reply) => {
  reply.writeHead(200, headers).end(body);
}).listen(Number(port), '127.0.0.1');
