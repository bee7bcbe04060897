/**
 * Evaluates an action's code as OpenWhisk's runtime does. A CommonJS module, so that the code finds
 * the same names around it.
 */

/**
 * The code runs inside a function, with this module's `require`, `module`, `exports` and
 * `__dirname`. Its entry is a name in that function, or else a property of `module.exports` or
 * `exports`.
 * @param {{ code: string, main: string }} message the only name here that the code could confuse
 *   with its own
 */
exports.evaluate = function evaluate(message) {
  const handler = eval(`(function () {
    ${message.code}
    try {
      return ${message.main};
    } catch (error) {
      if (error.name !== 'ReferenceError') throw error;
      return module.exports.${message.main} || exports.${message.main};
    }
  })()`);
  if (typeof handler !== 'function') {
    throw new TypeError(`Action entrypoint '${message.main}' is not a function.`);
  }
  return handler;
};
