/** The page's whole style: no request goes elsewhere for a font or a sheet. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f5f7f9;--card:#fff;--ink:#15202b;--quiet:#566473;--edge:#dfe5ea;
--accent:#0b6a8f;--on-accent:#fff;--area:#cfe6f0;--warn-ground:#fff2dc;--warn:#7a4600}
@media (prefers-color-scheme:dark){:root{--ground:#0e141a;--card:#161e26;--ink:#e8eef3;--quiet:#9aa8b5;
--edge:#26313b;--accent:#63c1e8;--on-accent:#08202c;--area:#173a4a;--warn-ground:#3a2a10;--warn:#ffd08a}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;gap:.75rem;align-items:center;padding-top:2.25rem;padding-bottom:1.25rem}
header svg{width:2.25rem;height:2.25rem;flex:none}
h1{font-size:1.375rem;line-height:1.2;margin:0;font-weight:650;letter-spacing:-.01em}
header p{margin:.125rem 0 0;color:var(--quiet);font-size:.9375rem}
section{background:var(--card);border:1px solid var(--edge);border-radius:.75rem;padding:1.25rem;margin:0 0 1rem}
h2{font-size:.9375rem;font-weight:600;margin:0 0 .75rem}
h2 small,.note{font-size:.875rem;font-weight:400;color:var(--quiet)}
.note{margin:.75rem 0 0}
.url{display:flex;gap:.5rem;margin:.5rem 0 0}
.url input{flex:1;min-width:0;font:.9375rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
color:inherit;background:var(--ground);border:1px solid var(--edge);border-radius:.5rem;padding:.625rem .75rem}
button{font:inherit;font-size:.9375rem;font-weight:600;color:var(--on-accent);background:var(--accent);border:0;
border-radius:.5rem;padding:.5rem 1rem;min-width:5.75rem;cursor:pointer}
input:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
dl{margin:0}dt{color:var(--quiet);font-size:.875rem}dd{margin:0}
.tiles{display:grid;grid-template-columns:repeat(5,1fr);gap:.5rem 1.25rem}
.tiles dd{font-size:1.75rem;line-height:1.25;font-weight:600;letter-spacing:-.02em}
dd,td{font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th{font-weight:400;color:var(--quiet);font-size:.875rem;text-align:left}
td,th{padding:.4375rem 0;border-top:1px solid var(--edge)}
thead th{border-top:0;padding-top:0}
.number{text-align:right;padding-left:1rem}
td code{font:.875rem ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.chart svg{display:block;width:100%;height:10rem}
.grid{stroke:var(--edge);stroke-width:1;vector-effect:non-scaling-stroke}
.area{fill:var(--area)}
.line{fill:none;stroke:var(--accent);stroke-width:1.75;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.axis{display:flex;justify-content:space-between;color:var(--quiet);font-size:.8125rem;margin:.375rem 0 0}
.warning{background:var(--warn-ground);border-color:transparent;color:var(--warn);font-weight:600}
footer{color:var(--quiet);font-size:.875rem;padding-top:.5rem;padding-bottom:2.5rem;display:flex;flex-wrap:wrap;
gap:.25rem 1.25rem}
footer a{color:inherit}
@media (max-width:40rem){header,main,footer{padding-left:1rem;padding-right:1rem}
header{padding-top:1.25rem;padding-bottom:1rem}section{padding:1rem}
.url{flex-wrap:wrap}.url input{flex-basis:100%;font-size:.8125rem}.url button{flex:1}
.tiles{grid-template-columns:repeat(2,1fr);gap:.75rem 1rem}.tiles dd{font-size:1.5rem}}
`;

/** Without a script there is no button: a field can be selected and copied as it is. */
export const SCRIPT = `
for (const button of document.querySelectorAll('button[data-copy]')) {
  const field = button.previousElementSibling;
  button.hidden = false;
  button.addEventListener('click', async () => {
    field.select();
    let copied = document.execCommand('copy');
    if (!copied && navigator.clipboard) copied = await navigator.clipboard.writeText(field.value).then(() => true, () => false);
    button.textContent = copied ? 'Copied' : 'Press Ctrl+C';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
}
`;

/** A swarm: peers around a tracker. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36" aria-hidden="true">' +
  '<rect width="36" height="36" rx="9" fill="#0b6a8f"/>' +
  '<path d="M18 18L8.5 10M18 18l10-7M18 18l8.5 9M18 18L9 27" stroke="#9fd3ea" stroke-width="1.75"/>' +
  '<g fill="#fff"><circle cx="18" cy="18" r="4.5"/><circle cx="8.5" cy="10" r="2.75"/>' +
  '<circle cx="28" cy="11" r="2.75"/><circle cx="26.5" cy="27" r="2.75"/><circle cx="9" cy="27" r="2.75"/></g></svg>';
