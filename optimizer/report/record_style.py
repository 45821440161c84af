"""Style of the HTML record: light and dark, narrow screens, and A4 paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --line: #d0d7de; --band: #f6f8fa;
  --controlled: #a40e26; --not_controlled: #116329; --undetermined: #7d4e00; --link: #0550ae;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6edf3; --soft: #9da7b1; --paper: #0d1117; --line: #3d444d; --band: #161b22;
    --controlled: #ff9492; --not_controlled: #6fdd8b; --undetermined: #f0b72f; --link: #79c0ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 64rem; background: var(--paper);
  color: var(--ink); font: 0.95rem/1.45 system-ui, "Segoe UI", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere;
}
a { color: var(--link); }
header { border-left: 0.5rem solid var(--line); padding: 0.25rem 0 0.25rem 1rem; }
header p { margin: 0.2rem 0; }
.kind { color: var(--soft); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.1rem 0; }
h2 {
  font-size: 1.1rem; margin: 1.8rem 0 0.5rem; padding-bottom: 0.2rem;
  border-bottom: 1px solid var(--line); break-after: avoid;
}
.controlled { border-left-color: var(--controlled); }
.not_controlled { border-left-color: var(--not_controlled); }
.undetermined { border-left-color: var(--undetermined); }
.verdict { font-weight: 700; }
.verdict-controlled { color: var(--controlled); }
.verdict-not_controlled { color: var(--not_controlled); }
.verdict-undetermined { color: var(--undetermined); }
ul { margin: 0.4rem 0; padding-left: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; table-layout: fixed; }
.w5 { width: 5%; } .w8 { width: 8%; } .w10 { width: 10%; } .w12 { width: 12%; }
.w15 { width: 15%; } .w20 { width: 20%; } .w25 { width: 25%; } .w30 { width: 30%; }
th, td {
  border-bottom: 1px solid var(--line); padding: 0.3rem 0.5rem; text-align: left;
  vertical-align: top;
}
thead th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
tbody.paragraph { break-inside: avoid; }
tbody.paragraph > tr:first-child > td {
  background: var(--band); border-top: 1px solid var(--line);
}
tbody.paragraph > tr:first-child .id { font-weight: 700; }
.pairs th { width: 14rem; font-weight: 600; color: var(--soft); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.small { color: var(--soft); font-size: 0.85rem; }
code, .hash { font-family: ui-monospace, "Liberation Mono", monospace; font-size: 0.8rem; }
.sign { break-inside: avoid; border: 1px solid var(--ink); padding: 0 1rem 1rem; margin-top: 2rem; }
.blank td { border-bottom: 1px solid var(--ink); height: 2.4rem; }
.blank th { border-bottom: none; vertical-align: bottom; }
.hashes td, .hashes th { font-size: 0.8rem; }
@media screen and (max-width: 40rem) {
  .stack thead { display: none; }
  .stack colgroup { display: none; }
  .stack, .stack tbody, .stack tr, .stack td, .stack th { display: block; width: auto; }
  .stack tr { border-bottom: 1px solid var(--line); padding: 0.35rem 0; }
  .stack td, .stack th { border: none; padding: 0.1rem 0.4rem; text-align: left; }
  .stack td[data-label]::before {
    content: attr(data-label) ": "; color: var(--soft); font-weight: 600;
  }
  .stack td:empty { display: none; }
  .blank th { width: 8.5rem; }
}
@page { size: A4; margin: 16mm 14mm 18mm; }
@page { @bottom-right { content: "page " counter(page) " of " counter(pages); font-size: 8pt; } }
@media print {
  :root {
    color-scheme: light;
    --ink: #000000; --soft: #444444; --paper: #ffffff; --line: #b0b0b0; --band: #f0f0f0;
    --controlled: #a40e26; --not_controlled: #116329; --undetermined: #7d4e00; --link: #000000;
  }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  a { text-decoration: none; }
}
"""
