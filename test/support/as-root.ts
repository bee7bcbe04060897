/** A test that only root can run, as it gives files to other users. Continuous integration is root. */
export const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
