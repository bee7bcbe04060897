/**
 * The commands of `tracker`, their arguments and options, as data: what reads a command line, the
 * help and the shells' completion are made from this. Uses nothing but Node, so that a command line
 * is read before anything is installed.
 */

/**
 * @typedef {object} Option
 * @property {string} name long, without dashes
 * @property {string} [short] one letter
 * @property {string} [takes] the name of its value; without it the option is a switch
 * @property {string} description
 * @property {readonly string[]} [choices] the values that it takes
 * @property {{ min: number, max: number }} [range] of a whole number
 * @property {string} [default] for the help
 * @property {string} [before] its name in older versions, which still works
 */

/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string} summary one line, begins with a verb
 * @property {string} [details] a few lines for its own help
 * @property {{ name: string, description: string, choices?: readonly string[], required: boolean, many: boolean, files?: boolean, dashes?: boolean }} [argument]
 *   what follows its options; dashes: it may begin with one dash
 * @property {readonly Option[]} [options]
 * @property {readonly Command[]} [commands] one of them follows
 */

/** @type {Option} */
const settings = {
  name: 'settings',
  takes: 'FILE',
  description: 'settings that are not in the environment, one NAME=value a line',
  before: 'env-file',
};

/** @type {Option} */
const json = { name: 'json', description: 'print JSON, for programs' };

/** @type {Option} */
const preview = { name: 'preview', description: 'only say what would happen' };

/** @type {readonly Option[]} */
const asking = [
  settings,
  {
    name: 'timeout',
    takes: 'SECONDS',
    range: { min: 1, max: 600 },
    description: 'how long to wait for a tracker',
    default: '30',
  },
  { name: 'ipv4', short: '4', description: 'only use IPv4' },
  { name: 'ipv6', short: '6', description: 'only use IPv6' },
  json,
];

const trackersAndTorrents = {
  name: 'what',
  description: 'announce URLs (http, https, udp), infohashes, magnet links, .torrent files',
  required: true,
  many: true,
  files: true,
};

const torrents = {
  name: 'torrent',
  description: 'infohashes, magnet links, .torrent files',
  required: true,
  many: true,
  files: true,
};

const prefixes = {
  name: 'prefix',
  description: 'how their peer ids begin, e.g. -TR or -TR4',
  required: true,
  many: true,
  dashes: true,
};

/** @type {readonly Option[]} */
const ofKeys = [
  { name: 'label', takes: 'TEXT', description: 'whose it is, for you alone' },
  { name: 'expires', takes: 'DATE', description: 'a date, e.g. 2030-01-31, or days from now, e.g. 30d' },
  {
    name: 'limit-torrents',
    takes: 'N',
    range: { min: 1, max: 2000 },
    description: 'how many torrents it may announce at a time',
  },
  {
    name: 'limit-peers',
    takes: 'N',
    range: { min: 1, max: 2000 },
    description: 'how many peers may announce with it at a time',
  },
];

const settingsNote =
  'Settings are environment variables, e.g. PORT=7000. "tracker settings --help" lists them all.';

/** @type {readonly Command[]} */
export const COMMANDS = [
  {
    name: 'start',
    summary: 'Run the tracker until Ctrl-C',
    details: settingsNote,
    options: [settings],
  },
  {
    name: 'announce',
    summary: 'Announce to any tracker and show what it answers',
    details: `Without a URL the trackers of a magnet link or .torrent file are asked, else the tracker of this machine. Without a
torrent a random infohash is announced. Without --event "started" is announced and then "stopped", so that nobody takes
this machine for a peer.`,
    argument: trackersAndTorrents,
    options: [
      { name: 'scrape', description: 'scrape too' },
      {
        name: 'event',
        takes: 'EVENT',
        choices: ['none', 'started', 'stopped', 'completed', 'paused'],
        description: 'announce once, with this event',
      },
      {
        name: 'port',
        takes: 'PORT',
        range: { min: 1, max: 65_535 },
        description: 'where this peer would listen',
        default: '6881',
      },
      {
        name: 'left',
        takes: 'BYTES',
        range: { min: 0, max: Number.MAX_SAFE_INTEGER },
        description: 'bytes still missing; 0 is a seeder',
        default: '1',
      },
      { name: 'numwant', takes: 'PEERS', range: { min: 0, max: 10_000 }, description: 'peers wanted' },
      ...asking,
    ],
  },
  {
    name: 'scrape',
    summary: 'Ask any tracker how many peers torrents have',
    details:
      'Without a URL the trackers of a magnet link or .torrent file are asked, else the tracker of this machine.',
    argument: trackersAndTorrents,
    options: asking,
  },
  {
    name: 'purge',
    summary: 'Remove expired peers from the store, and print what is there',
    options: [settings],
  },
  { name: 'report', summary: 'Print what the last purge found', options: [settings] },
  {
    name: 'list',
    summary: 'Show or change the list of torrents (LIST_MODE)',
    options: [],
    commands: [
      { name: 'add', summary: 'Add torrents', argument: torrents, options: [settings] },
      { name: 'remove', summary: 'Remove torrents', argument: torrents, options: [settings] },
      { name: 'has', summary: 'Say which torrents are listed', argument: torrents, options: [settings] },
      {
        name: 'import',
        summary: "Replace the list by a file's; opentracker's and chihaya's are taken as they are",
        argument: { name: 'file', description: 'the file', required: true, many: false, files: true },
        options: [settings],
      },
      { name: 'show', summary: 'Say how many torrents are listed', options: [settings] },
      { name: 'export', summary: 'Print all infohashes', options: [settings] },
    ],
  },
  {
    name: 'client',
    summary: 'Show or change the list of clients (CLIENT_MODE)',
    options: [],
    commands: [
      { name: 'add', summary: 'Add clients', argument: prefixes, options: [settings] },
      { name: 'remove', summary: 'Remove clients', argument: prefixes, options: [settings] },
      { name: 'has', summary: 'Say which clients are listed', argument: prefixes, options: [settings] },
      {
        name: 'import',
        summary: "Replace the list by a file's",
        argument: { name: 'file', description: 'the file', required: true, many: false, files: true },
        options: [settings],
      },
      { name: 'show', summary: 'Say how many clients are listed', options: [settings] },
      { name: 'export', summary: 'Print all beginnings of peer ids', options: [settings] },
    ],
  },
  {
    name: 'key',
    summary: 'Show or change the keys of members (KEYS)',
    options: [],
    commands: [
      { name: 'add', summary: 'Make a key and print it once', options: [...ofKeys, settings] },
      {
        name: 'import',
        summary: 'Add the keys of a file, one a line',
        argument: { name: 'file', description: 'the file', required: true, many: false, files: true },
        options: [...ofKeys, settings],
      },
      {
        name: 'revoke',
        summary: 'Revoke keys',
        argument: {
          name: 'key',
          description: 'keys, or what key list calls them',
          required: true,
          many: true,
        },
        options: [settings],
      },
      { name: 'list', summary: 'Print all keys and what they have done', options: [settings] },
    ],
  },
  {
    name: 'doctor',
    summary: 'Say what is wrong with the tracker, and what mends it',
    details: `Looks at the store; with OPENWHISK_APIHOST, OPENWHISK_NAMESPACE and TRACKER_SECRET, and OPENWHISK_AUTH if it may look at
the API, also at the actions on OpenWhisk and the limits of their namespace; with GATEWAY_URL at the gateway. What it
writes to try things out it removes again. DOCTOR_BURST (130) is how many announces it sends for the limits; they count
as invocations, and at OpenWhisk's default limits clients are refused for the rest of the minute; 0 sends none.`,
    options: [settings, json],
  },
  {
    name: 'settings',
    summary: 'Print all settings in force and where each is from',
    details: 'Settings that are of no use with the chosen store are left out. Secrets are not shown.',
    options: [settings, json],
  },
  {
    name: 'deploy',
    summary: 'Deploy the tracker to OpenWhisk',
    details: `Deploys the actions, announces once, and says what it saw. deploy/openwhisk/tracker.env has all settings. Needs wskdeploy
(docs/openwhisk.md).`,
    options: [
      settings,
      preview,
      {
        name: 'schedule',
        description: "deploy the schedule of the purge too; needs OpenWhisk's alarms package",
      },
      { name: 'force', description: 'deploy even if nothing has changed' },
    ],
  },
  {
    name: 'undeploy',
    summary: 'Remove from OpenWhisk what deploy has put there',
    details: `Removes the schedule of the purge, the actions and their package. What is in the store stays. Takes OPENWHISK_APIHOST,
OPENWHISK_NAMESPACE and OPENWHISK_AUTH.`,
    options: [settings, preview],
  },
  {
    name: 'health',
    summary: 'Ask the tracker of this machine whether it can answer',
    details: 'Ends with status 0 if it can, else 1: for containers and scripts.',
    options: [
      settings,
      {
        name: 'timeout',
        takes: 'SECONDS',
        range: { min: 1, max: 600 },
        description: 'how long to wait',
        default: '5',
      },
    ],
  },
  {
    name: 'front',
    summary: 'Take UDP and HTTP in front of OpenWhisk until Ctrl-C',
    details: 'docs/udp.md says what it is for.',
    options: [settings],
  },
  {
    name: 'completion',
    summary: 'Print what makes a shell complete commands and options',
    details: `bash: source <(tracker completion bash)
zsh:  source <(tracker completion zsh)
fish: tracker completion fish | source`,
    argument: {
      name: 'shell',
      description: 'bash, zsh or fish',
      choices: ['bash', 'zsh', 'fish'],
      required: true,
      many: false,
    },
  },
];

/**
 * The names of a command line's commands, and what follows them.
 * @param {readonly string[]} args
 * @returns {{ command: Command | undefined, names: readonly string[], rest: readonly string[] }}
 *   command: undefined if there is no such one
 */
export function findCommand(args) {
  /** @type {Command | undefined} */
  let command;
  /** @type {string[]} */
  const names = [];
  for (const arg of args) {
    const next = (names.length === 0 ? COMMANDS : command?.commands)?.find(({ name }) => name === arg);
    if (next === undefined) break;
    command = next;
    names.push(arg);
  }
  return { command, names, rest: args.slice(names.length) };
}
