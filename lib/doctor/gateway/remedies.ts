/** What mends a gateway. */
import { NoReplyError } from '../way.js';

export const renderAgain =
  'render deploy/nginx/templates/tracker.conf.template as docs/openwhisk.md says, nginx -t, and reload nginx';

/** What mends that a client gets no reply. */
export function remedyFor(error: unknown, gateway: string): string {
  if (!(error instanceof NoReplyError))
    return `see whether GATEWAY_URL=${gateway} can be reached from here, and nginx -t`;
  const { message } = error;
  if (message.includes('too many requests'))
    return 'LIMIT_RATE and LIMIT_BURST of the gateway are too small, or others use this address';
  if (message.includes('failure'))
    return "see platform_status in nginx's access log, and what is said of OpenWhisk here (set OPENWHISK_APIHOST)";
  return renderAgain;
}
