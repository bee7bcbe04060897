import dns from 'node:dns';

/**
 * Until `restore` is called, `host` has two addresses in this process, as `localhost` has on many
 * machines: 127.0.0.1 and ::1. Where there is no IPv6, connecting to the second fails as well.
 */
export function giveTwoAddresses(host: string): { restore(): void } {
  const { lookup } = dns;
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const patched = (name: string, options: { all?: boolean }, done: (...result: unknown[]) => void): void => {
    if (name !== host) {
      lookup(name, options, done);
      return;
    }
    process.nextTick(() => {
      if (options.all === true) done(null, both);
      else done(null, '127.0.0.1', 4);
    });
  };
  dns.lookup = patched as typeof dns.lookup;
  return {
    restore: () => {
      dns.lookup = lookup;
    },
  };
}
