const MIB = 1024 * 1024;

/**
 * How much the memory of a process may grow in a test of whether it leaks. From Node 24 on the heap
 * grows further before it is collected: some 60 MiB more were seen where nothing leaks.
 * @param mib MiB on Node 20 and 22
 * @returns bytes
 */
export function heapSlack(mib: number, version = process.versions.node): number {
  const major = Number(version.split('.', 1)[0]);
  return (major < 24 ? mib : mib + 80) * MIB;
}
