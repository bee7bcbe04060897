/** A column: its title, and whether its values stand at its right end, as numbers do. */
export interface Column {
  readonly title: string;
  readonly isRight?: boolean;
}

/** Rows below their titles, as wide as they need, two blanks between columns. One line each. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  return lines.map((line) =>
    columns
      .map(({ isRight }, i) => {
        const width = widths[i] ?? 0;
        return isRight === true ? (line[i] ?? '').padStart(width) : (line[i] ?? '').padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Text of a stranger in one short printable line: it could hold the codes of a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu, '?').slice(0, MAX_PRINTED);
}

const MAX_PRINTED = 200;
