const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML, in an attribute or outside of one. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

/** A count with commas: 1234567 is 1,234,567. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** A span of time in its largest unit: 7300 seconds are 2 hours. */
export function spanText(seconds: number): string {
  const [name, size] = UNITS.find((unit) => seconds >= unit[1]) ?? ['second', 1];
  const count = Math.floor(seconds / size);
  return `${countText(count)} ${name}${count === 1 ? '' : 's'}`;
}
