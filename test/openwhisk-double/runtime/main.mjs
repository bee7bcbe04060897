/**
 * The process in an action's container: takes POST /init once and POST /run many times, as
 * OpenWhisk's runtime for Node.js does. Plain JavaScript, so that a container starts as fast as
 * Node itself. The port is told to the parent.
 */
import { createServer } from 'node:http';
import { evaluate } from './evaluate.cjs';

const END_OF_ACTIVATION = 'XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX';
const allowsConcurrent = process.env['__OW_ALLOW_CONCURRENT'] === 'true';

/** ready, running or stopped. */
let status = 'ready';
/** @type {((params: unknown) => unknown) | undefined} */
let main;

function writeMarkers() {
  console.log(END_OF_ACTIVATION);
  console.error(END_OF_ACTIVATION);
}

/**
 * @param {{ value?: { main?: string, code?: string, env?: Record<string, unknown> } }} message
 * @returns {[number, unknown]}
 */
function init({ value = {} }) {
  if (main !== undefined) return [403, { error: 'Cannot initialize the action more than once.' }];
  const { main: entry, code } = value;
  if (!entry || !code) return [403, { error: 'Missing main/no code to execute.' }];
  for (const [name, text] of Object.entries(value.env ?? {})) {
    process.env[name] = typeof text === 'object' ? JSON.stringify(text) : String(text);
  }
  try {
    main = evaluate({ main: entry, code });
    return [200, { OK: true }];
  } catch (error) {
    status = 'stopped';
    console.error('Error during initialization:', error);
    writeMarkers();
    return [
      502,
      { error: `Initialization has failed due to: ${error instanceof Error ? error.stack : error}` },
    ];
  }
}

/**
 * @param {{ value?: unknown }} message the rest of it is of the activation
 * @returns {Promise<[number, unknown]>}
 */
async function run({ value, ...activation }) {
  if (main === undefined || status !== 'ready') {
    return [
      403,
      { error: main === undefined ? 'System not initialized.' : `System not ready, status is ${status}.` },
    ];
  }
  if (!allowsConcurrent) status = 'running';
  // One environment for all runs of the process: with several at once the last one's stays.
  for (const [name, text] of Object.entries(activation)) {
    if (typeof text === 'string') process.env[`__OW_${name.toUpperCase()}`] = text;
  }
  let promise;
  try {
    promise = Promise.resolve(main(value ?? {}));
  } catch (error) {
    status = 'stopped';
    console.error(error);
    writeMarkers();
    return [502, { error: `An error has occurred: ${error}` }];
  }
  const result = await promise.then((resolved) => (resolved === undefined ? {} : resolved), rejected);
  if (status === 'running') status = 'ready';
  writeMarkers();
  if (typeof result !== 'object') return [502, { error: 'The action did not return a dictionary.' }];
  return [200, result];
}

/**
 * A rejection is a result: the error's own fields, which hold neither a status nor a body.
 * @param {unknown} error
 */
function rejected(error) {
  if (!error) return { error: {} };
  if (!(error instanceof Error)) return { error };
  const { name, message, stack } = error;
  return { error: { ...error, name, message, stack } };
}

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const server = createServer((request, response) => {
  const handle = request.url === '/init' ? init : run;
  bodyOf(request)
    .then((body) => handle(body))
    .catch((error) => /** @type {[number, unknown]} */ ([500, { error: String(error) }]))
    .then(([code, result]) => {
      response.writeHead(code, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(result));
    });
});
server.timeout = 0;
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : address });
});
// Whoever started it has gone.
process.on('disconnect', () => process.exit(1));
