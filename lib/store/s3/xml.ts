/** What is read of the API's XML: flat elements without attributes. */

/** The contents of every element with a name, as they are. */
export function elements(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}>([^]*?)</${name}>`, 'g');
  return Array.from(xml.matchAll(pattern), ([, content = '']) => content);
}

/** The text of the first element with a name; empty if there is none. */
export function textOf(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`);
  if (start === -1) return '';
  const from = start + name.length + 2;
  const end = xml.indexOf(`</${name}>`, from);
  return end === -1 ? '' : unescaped(xml.slice(from, end));
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name)] ?? whole;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal));
  });
}
