/** The style sheet: light and dark, from 320 pixels up. Colours have a contrast of at least 4.5 to their background. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fff; --text: #1b1f24; --faint: #57606a; --line: #d0d7de; --strip: #f3f5f7;
  --link: #0757b8; --bad: #b3141d; --bad-ground: #fdeeee; --well: #1a6b33; --odd: #7d4e00; --bar: #2f6fb7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --text: #e3e7eb; --faint: #9ba5af; --line: #3a424b; --strip: #1e2329;
    --link: #7ab8ff; --bad: #ff9d98; --bad-ground: #3a1d1f; --well: #7fd497; --odd: #e5b567; --bar: #5fa3ec;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--text); }
body { margin: 0; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, .scroll:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px;
}
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--ground); padding: 8px; }
header { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: center; padding: 8px 16px;
  background: var(--strip); border-bottom: 1px solid var(--line); }
.name { font-weight: 700; }
nav { display: flex; flex-wrap: wrap; gap: 2px 14px; }
nav a { padding: 4px 0; text-decoration: none; }
nav a[aria-current] { color: var(--text); font-weight: 600; border-bottom: 2px solid var(--link); }
form { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; }
header form { margin-left: auto; }
label { color: var(--faint); }
input, select, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--faint);
  border-radius: 4px; padding: 3px 8px; max-width: 100%; }
button { cursor: pointer; background: var(--strip); }
main { padding: 8px 16px 24px; max-width: 1800px; margin: 0 auto; }
main:focus { outline: none; }
h1 { font-size: 1.4rem; margin: 12px 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 24px 0 8px; }
footer { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 8px 16px; border-top: 1px solid var(--line); color: var(--faint); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0; padding: 0; }
.numbers > div, figure { border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; margin: 0; }
.numbers dt { color: var(--faint); }
.numbers dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px; margin-top: 12px; }
svg { display: block; width: 100%; height: 56px; margin-top: 6px; }
rect { fill: var(--bar); }
line { stroke: var(--line); }
.attention { list-style: none; padding: 0; margin: 0; }
.attention li { border-left: 4px solid var(--bad); background: var(--bad-ground); padding: 6px 12px; margin: 6px 0; overflow-wrap: anywhere; }
.all-well { color: var(--well); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: left; vertical-align: top; padding: 5px 10px; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; white-space: nowrap; }
td { overflow-wrap: break-word; min-width: 4em; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .id, td time { white-space: nowrap; }
code, .id { font-family: ui-monospace, monospace; font-size: 0.93em; overflow-wrap: anywhere; }
pre { overflow-x: auto; background: var(--strip); padding: 8px 12px; border-radius: 6px; }
.well { color: var(--well); } .unwell, .bad { color: var(--bad); font-weight: 600; } .silent, .odd { color: var(--odd); font-weight: 600; }
.faint, .empty { color: var(--faint); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 12px; }
.sides section { border: 1px solid var(--line); border-radius: 6px; padding: 4px 14px 10px; min-width: 0; }
.sides h2 { margin: 8px 0; }
.sides p { margin: 4px 0; overflow-wrap: anywhere; }
.wait { font-size: 1.1rem; }
.timeline { list-style: none; margin: 0; padding: 0 0 0 4px; }
.timeline li { border-left: 3px solid var(--line); padding: 4px 0 8px 16px; position: relative; overflow-wrap: anywhere; }
.timeline li::before { content: ''; position: absolute; left: -7px; top: 12px; width: 11px; height: 11px; border-radius: 50%; background: var(--bar); }
.timeline li.future::before { background: var(--ground); border: 2px solid var(--bar); }
.timeline time { color: var(--faint); }
.pages { margin: 12px 0; }
@media (max-width: 520px) { header form { margin-left: 0; } th, td { padding: 5px 6px; } }
`;
