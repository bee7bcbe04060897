/** Which part may import which: `npm run lint` checks it. docs/architecture.md draws the same. */

/** The rooms of lib/ from top to bottom: each may import what stands in a later line. */
const levels = [
  ['cli'],
  ['doctor'],
  ['standalone', 'openwhisk', 'client'],
  ['deployment', 'http', 'udp', 'batch'],
  ['stats'],
  ['tracker'],
  ['policy', 'purge'],
  ['swarm'],
  ['config'],
  ['store'],
  ['settings', 'bittorrent', 'metainfo', 'admin', 'plan'],
];

/** What lies in lib/ itself is everybody's and imports no room. config.ts counts as the room config. */
const roomOf = (room) => (room === 'config' ? '^lib/config(/|\\.ts$)' : `^lib/${room}/`);

/** One rule a room or folder: it imports nothing of its own level or of one above. */
function downwards(prefix, names, pathOf) {
  return names
    .flatMap((level, index) =>
      level.map((name) => ({
        name,
        others: names
          .slice(0, index + 1)
          .flat()
          .filter((other) => other !== name),
      })),
    )
    .filter(({ others }) => others.length > 0)
    .map(({ name, others }) => ({
      name: `${prefix}${name}`,
      comment: `${prefix}${name} imports only what stands below it`,
      severity: 'error',
      from: { path: pathOf(name) },
      to: { path: others.map(pathOf) },
    }));
}

/**
 * The top-level folders. bench/ also starts and loads trackers as tests do, with what
 * test/ keeps for that; scripts/bench.mjs is the command that starts it.
 */
const folders = [['test'], ['bench'], ['bin'], ['deploy', 'actions', 'webpack'], ['scripts'], ['lib']];
const folderOf = (folder) =>
  ({
    test: '^test/(?!support/|[^/]+-double/)',
    deploy: '^deploy/(?!standalone/start[.]mjs)',
    scripts: '^scripts/(?!bench[.]mjs)',
  })[folder] ?? `^${folder}/`;

/** Development dependencies that webpack puts into the bundles, so that nobody has to install them. */
const BUNDLED = ['aws4', 'basho-riak-client', 'bencode', 'ipaddr[.]js'];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'lib-itself',
      comment: 'what is everybody’s imports no room',
      severity: 'error',
      from: { path: '^lib/(?!config\\.ts)[^/]+\\.ts$' },
      to: { path: '^lib/[^/]+/' },
    },
    ...downwards('lib/', levels, roomOf),
    ...downwards('', folders, folderOf),
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^\\.\\./|dist/' },
    },
    {
      name: 'no-development-dependency',
      comment:
        'what runs at a user’s has only dependencies, and what is put into the bundles; winston comes with the Riak client',
      severity: 'error',
      from: { path: '^(lib|actions|bin|deploy)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: `@types|/winston/|node_modules/(${BUNDLED.join('|')})/`,
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
