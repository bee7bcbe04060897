import type { Finding } from '../finding.js';

/** How findings are written for whoever asked. */
export interface Report {
  /** The text for one more finding. */
  finding(finding: Finding): string;
  /** The text after the last one. */
  end(findings: readonly Finding[]): string;
}

/** One line a finding, and one below it with what mends it. */
export const textReport: Report = {
  finding({ verdict, subject, detail, remedy }) {
    const line = `${verdict.padEnd(verdictWidth)} ${subject}: ${detail}\n`;
    return remedy === undefined ? line : `${line}${' '.repeat(verdictWidth)}   to mend it: ${remedy}\n`;
  },
  end(findings) {
    const count = (verdict: Finding['verdict']): number =>
      findings.filter((finding) => finding.verdict === verdict).length;
    return `${count('ok')} ok, ${count('warning')} warnings, ${count('wrong')} wrong\n`;
  },
};

const verdictWidth = 'warning'.length;

/** One JSON document, for programs: `{ "ok": true, "findings": [...] }`. */
export const jsonReport: Report = {
  finding: () => '',
  end: (findings) => `${JSON.stringify({ ok: isWell(findings), findings }, undefined, 2)}\n`,
};

/** Whether a deployment can go into service: nothing is wrong with it. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ verdict }) => verdict !== 'wrong');
}
