import { resolve } from 'node:path';

import { choice, flag, integer, text, type Setting } from '../settings/setting.js';

/** Who may announce what. */
export const policySettings = {
  listMode: choice('LIST_MODE', {
    description:
      'allow: only torrents on the list are served; deny: all but those; off: the list is not looked at.',
    options: ['off', 'allow', 'deny'],
    default: 'off',
  }),
  listSeconds: integer('LIST_SECONDS', {
    description: 'How soon a change of lists, clients and keys is in force in every process.',
    unit: 'seconds',
    min: 1,
    max: 86_400,
    default: 60,
  }),
  clientMode: choice('CLIENT_MODE', {
    description:
      'allow: only clients whose peer id begins with a prefix on the list are served; deny: all but those; off: the list is not looked at.',
    options: ['off', 'allow', 'deny'],
    default: 'off',
  }),
  keys: flag('KEYS', {
    description:
      'Serve only clients whose announce URL has a key (/KEY/announce) that was added with `npm run key`.',
    default: false,
  }),
  keyUseSeconds: integer('KEY_USE_SECONDS', {
    description: 'How often what each key is used for is written to the store.',
    unit: 'seconds',
    min: 1,
    max: 86_400,
    default: 300,
  }),
};

/** What only a process with a disk of its own can use. */
export const policyFileSettings = {
  listFile: file('LIST_FILE', {
    description: 'A file with the list of torrents, in the place of the one in the store. Needs LIST_MODE.',
    takes: 'the path of a file with one torrent a line',
  }),
  clientFile: file('CLIENT_FILE', {
    description: 'A file with the list of clients, in the place of the one in the store. Needs CLIENT_MODE.',
    takes: 'the path of a file with the beginning of a peer id a line',
  }),
};

/** Read from where the process was started: it works in its data directory later. */
function file(
  name: string,
  about: { readonly description: string; readonly takes: string },
): Setting<string> {
  const path = text(name, { ...about, default: '' });
  return {
    ...path,
    read: (given: string) => {
      const read = path.read(given);
      return read === undefined ? undefined : resolve(read);
    },
  };
}
