/** Does some work, such as to listen on a port below 1024, as the user that started the process. */
export async function asStartingUser<T>(work: () => T | Promise<T>): Promise<T> {
  const { getuid, geteuid, seteuid } = process;
  if (getuid === undefined || geteuid === undefined || seteuid === undefined) return work();
  const effective = geteuid();
  // Where libuv uses io_uring Node refuses the call, even one that changes nothing.
  if (effective === getuid()) return work();
  seteuid(getuid());
  try {
    return await work();
  } finally {
    seteuid(effective);
  }
}
