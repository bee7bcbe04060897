import { flag, integer, text, type Setting } from '../settings/setting.js';

const publicUrl: Setting<string> = {
  name: 'PUBLIC_URL',
  description:
    'The URL under which others reach the tracker, which the page shows; else what a request says.',
  takes: 'an http or https URL without query, e.g. https://tracker.example',
  default: { value: '' },
  secret: false,
  read: (given) => {
    if (!/^https?:\/\/[\w.:[\]-]{1,255}(\/[\w./~-]{0,255})?$/.test(given) || !URL.canParse(given)) {
      return undefined;
    }
    return given.replace(/\/+$/, '');
  },
};

const metricsToken: Setting<string> = {
  ...text('METRICS_TOKEN', {
    description:
      'With one, /metrics answers whoever sends it (Authorization: Bearer), on PORT and on METRICS_PORT.',
    takes: 'at least 16 letters, digits and - . _ ~ + / =',
    default: '',
    secret: true,
  }),
  read: (given) => (/^[\w.~+/=-]{16,1024}$/.test(given) ? given : undefined),
};

/** What others see of the tracker, and what its operator measures. */
export const statsSettings = {
  publicUrl,
  statsSwarms: flag('STATS_SWARMS', {
    description: 'Show the infohashes of the largest swarms on the page and in /stats.json.',
    default: false,
  }),
  metricsPort: integer('METRICS_PORT', {
    description: 'TCP port on which /metrics is served, apart from all else; 0: none.',
    min: 0,
    max: 65_535,
    default: 0,
  }),
  metricsHost: text('METRICS_HOST', {
    description: 'Address to listen on for METRICS_PORT.',
    takes: 'an address or host name of this machine',
    default: '127.0.0.1',
  }),
  metricsToken,
};
