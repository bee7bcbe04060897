import packageJson from '../package.json' with { type: 'json' };

/** The version of this software, which package.json alone says. */
export const VERSION: string = packageJson.version;
