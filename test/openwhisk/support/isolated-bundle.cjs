/**
 * Runs the bundle named on the command line once, in a container with nothing in it: no module but
 * Node's own can be required, and whatever touches a file throws. Parameters come as JSON on the
 * command line; the result is printed as JSON.
 */
const fs = require('node:fs');
const { isBuiltin } = require('node:module');
const process = require('node:process');

const [, , file = '', parameters = ''] = process.argv;
const code = fs.readFileSync(file, 'utf8');

for (const owner of /** @type {Record<string, unknown>[]} */ ([fs, fs.promises])) {
  for (const [name, member] of Object.entries(owner)) {
    if (typeof member !== 'function') continue;
    owner[name] = () => {
      throw new Error(`fs.${name} in an action`);
    };
  }
}

/** @param {string} name */
function onlyBuiltins(name) {
  if (!isBuiltin(name)) throw new Error(`require('${name}') in an action`);
  return require(name);
}

/** @type {{ exports: { main?: (params: unknown) => Promise<unknown> } }} */
const evaluated = { exports: {} };
new Function('require', 'module', 'exports', code)(onlyBuiltins, evaluated, evaluated.exports);
void evaluated.exports.main?.(JSON.parse(parameters)).then((result) => {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
});
