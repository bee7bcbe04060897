/** Makes a fresh clone runnable. Loads nothing before it is called, so that a check of Node's version gets its turn. */

/**
 * Installs and builds what is missing.
 * @param {string} root the repository's directory
 * @throws {Error} if that fails
 */
export async function ensureRunnable(root) {
  const { digestOfSources, isBuilt } = await import('./build-state.mjs');
  const { ensureInstalled } = await import('./dependencies.mjs');
  const built = isBuilt(root, digestOfSources(root));
  // Where everything is built, e.g. in an image, the tools to build with need not be there.
  ensureInstalled(root, { tools: !built });
  if (built) return;
  console.error('Building ...');
  const { build } = await import('./build.mjs');
  await build(root);
}
