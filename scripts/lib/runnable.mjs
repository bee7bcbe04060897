/**
 * Makes a fresh clone runnable. Loads nothing before it is called, so that a check of Node's
 * version gets its turn.
 */

/**
 * Installs and builds what is missing.
 * @param {string} root the repository's directory
 * @throws {Error} if that fails
 */
export async function ensureRunnable(root) {
  const { isPackaged } = await import('./packaged.mjs');
  if (isPackaged(root)) return;
  const { digestOfSources, isBuilt } = await import('./build-state.mjs');
  const { ensureInstalled } = await import('./dependencies.mjs');
  const built = isBuilt(root, digestOfSources(root));
  // Where everything is built, e.g. in an image, the tools to build with need not be there.
  await ensureInstalled(root, { tools: !built });
  if (!built) await buildApart(root);
}

/**
 * Builds in a process of its own: what a compiler leaves behind, some 400 MB, would be in this one
 * for as long as it runs, and slow it down.
 * @param {string} root
 */
async function buildApart(root) {
  const { fork } = await import('node:child_process');
  const { withProgress } = await import('../../lib/progress.mjs');
  const status = await withProgress('Building', (progress) => {
    const builder = fork(new URL('build-for-parent.mjs', import.meta.url), [root], { execArgv: [] });
    builder.on('message', (done) => progress.update(String(done)));
    return new Promise((resolve, reject) => {
      builder.once('error', reject);
      builder.once('exit', resolve);
    });
  });
  if (status !== 0) throw new Error('the build failed');
}
