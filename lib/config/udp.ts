import { flag, integer, text } from '../settings/setting.js';

/**
 * The UDP side of the standalone process and of the front. Of these an OpenWhisk
 * action uses UDP_PORT alone, on its page.
 */
export const udpSettings = {
  udp: flag('UDP', {
    description: 'Whether to answer over UDP as well (BEP 15).',
    default: true,
  }),
  udpPort: integer('UDP_PORT', {
    description: 'UDP port to listen on; 0 is the number of the TCP port.',
    min: 0,
    max: 65_535,
    default: 0,
  }),
  udpSecret: text('UDP_SECRET', {
    description:
      'What connection ids are made with. Processes that share it take the ids of each other, and of the time before a restart; none makes a new one at each start.',
    takes: 'any text; at least 16 random characters are advisable',
    secret: true,
    default: '',
  }),
  udpMaxOpen: integer('UDP_MAX_OPEN', {
    description: 'Most announces and scrapes that wait for the store at once; more get no answer.',
    unit: 'requests',
    min: 1,
    max: 1_000_000,
    default: 10_000,
  }),
  udpReceiveBytes: integer('UDP_RECEIVE_BUFFER', {
    description:
      'Receive buffer of a socket. Linux gives at most net.core.rmem_max; what comes while it is full is lost, and counted.',
    unit: 'bytes',
    min: 4096,
    max: 1_073_741_824,
    default: 8_388_608,
  }),
  udpReusePort: flag('UDP_REUSE_PORT', {
    description: 'Share the UDP port with other processes of this user (SO_REUSEPORT); needs Node.js 23.1.',
    default: false,
  }),
};
