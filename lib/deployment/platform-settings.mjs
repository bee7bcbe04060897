/** The settings by which whatever reaches OpenWhisk knows it, and what they take. */
import { namespaceName, trackerSecret } from './setting-kinds.mjs';

/**
 * @typedef {'OPENWHISK_APIHOST' | 'OPENWHISK_AUTH' | 'OPENWHISK_NAMESPACE'} AccessName
 * @typedef {AccessName | 'TRACKER_SECRET' | 'ACTION_CONCURRENCY'} Name
 */

/** @type {Readonly<Record<Name, import('./setting-kinds.mjs').Kind>>} */
export const platformSettings = {
  OPENWHISK_APIHOST: {
    takes: 'the URL of the API host, with http:// or https:// and without a path',
    accepts: (text) => /^https?:\/\/[^\s/?#@]+$/.test(text) && URL.canParse(text),
  },
  OPENWHISK_AUTH: {
    takes: "the namespace's key, uuid:key, as `wsk property get --auth` shows it",
    accepts: (text) => /^[^\s:]+:[^\s:]+$/.test(text),
    secret: true,
  },
  OPENWHISK_NAMESPACE: namespaceName,
  TRACKER_SECRET: trackerSecret,
  ACTION_CONCURRENCY: {
    takes: 'runs at once in one container, from 1 to 500',
    accepts: (text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 500,
  },
};
