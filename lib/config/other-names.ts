/**
 * Names of settings that are not the tracker's own, and stand in the same environment or file as
 * those: of `npm run deploy` and the doctor, and of the gateway (deploy/nginx/gateway.env).
 */
export const deploymentNames: readonly string[] = [
  'OPENWHISK_APIHOST',
  'OPENWHISK_AUTH',
  'ACTION_CONCURRENCY',
  'GATEWAY_URL',
  'DOCTOR_BURST',
];

export const gatewayNames: readonly string[] = [
  'OPENWHISK_SERVER',
  'OPENWHISK_SCHEME',
  'OPENWHISK_NAME',
  'OPENWHISK_VERIFY',
  'OPENWHISK_CA',
  'GATEWAY_FRONT',
  'LISTEN',
  'LISTEN_IPV6',
  'TRACKER_NAME',
  'LIMIT_RATE',
  'LIMIT_BURST',
  'SCRAPE_CACHE',
  'CACHE_DIR',
  'CACHE_SIZE',
  'CONNECT_TIMEOUT',
  'READ_TIMEOUT',
  'UPSTREAM_KEEPALIVE',
  'GATEWAY_HOP',
  'INCLUDE_DIR',
  'ACCESS_LOG',
  'ERROR_LOG',
];
