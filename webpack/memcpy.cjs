'use strict';

/** In place of an optional addon that is not there. */
module.exports = null;
