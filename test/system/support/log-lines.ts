/**
 * A log without the one line that says that X-Forwarded-For was not believed: any client can send
 * that header.
 */
export function withoutProxyWarning(log: string): string {
  const lines = log.split('\n');
  const warnings = lines.filter((line) => line.includes('"event":"proxy not trusted"'));
  if (warnings.length > 1) throw new Error(`warned ${warnings.length} times`);
  return lines.filter((line) => !warnings.includes(line)).join('\n');
}
