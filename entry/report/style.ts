/** Both colour schemes, narrow screens and paper; no fonts or pictures from elsewhere. */
export const STYLE = `
:root { --page: #f5f6f8; --card: #fff; --text: #1a2230; --quiet: #5b6677; --line: #e0e4ea;
  --good: #0f7b4d; --bad: #c02b33; --careful: #96610a;
  --loaded: #2f6fde; --quarantined: #d9480f; --filtered: #98a2b3; --deduplicated: #8b5cd6; --dropped: #b45309; }
@media (prefers-color-scheme: dark) { :root { --page: #10141b; --card: #191f29; --text: #e7ebf2;
  --quiet: #96a1b3; --line: #2b3442; --good: #45c98c; --bad: #ff7b81; --careful: #e9b44c;
  --loaded: #5b94f5; --quarantined: #f0733c; --filtered: #6b7687; --deduplicated: #a884ea; --dropped: #d99a4e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 40px; }
header, section, .facts { background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; padding: 18px 22px; margin: 0 0 16px; }
header { border-top: 4px solid var(--tone); position: relative; }
.good { --tone: var(--good); } .bad { --tone: var(--bad); } .careful { --tone: var(--careful); }
td.good, td.bad, td.careful, strong.good, strong.bad { color: var(--tone); }
.quiet, small, dt, th, footer { color: var(--quiet); }
h1 { font-size: 28px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 12px; } h3 { font-size: 14px; margin: 14px 0 4px; }
p { margin: 4px 0; overflow-wrap: anywhere; }
.badge { position: absolute; right: 22px; top: 18px; margin: 0; padding: 3px 12px;
  border-radius: 99px; border: 1px solid var(--tone); color: var(--tone); font-weight: 600; }
.window { font-size: 17px; } .window span, .sentence { color: var(--quiet); }
.facts { display: grid; gap: 12px 28px; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); }
dt { font-size: 12px; } dd { margin: 0; overflow-wrap: anywhere; font-weight: 500; }
dd small { display: block; font-weight: 400; }
small { font-size: 12px; }
.box { border-left: 4px solid var(--tone); } .box h2 { color: var(--tone); }
.box ul { margin: 0; padding-left: 20px; } .message { font-size: 16px; white-space: pre-wrap; }
.law { font-size: 16px; line-height: 1.9; color: var(--quiet); }
.law b { font-size: 20px; color: var(--text); font-variant-numeric: tabular-nums; }
.law i { font-style: normal; padding: 0 5px; } .law span { white-space: nowrap; }
.law strong { margin-left: 10px; white-space: nowrap; }
svg rect { fill: var(--loaded); }
svg .quarantined { fill: var(--quarantined); } svg .filtered { fill: var(--filtered); }
svg .deduplicated { fill: var(--deduplicated); } svg .dropped { fill: var(--dropped); } svg .step.bad { fill: var(--bad); }
.stack { display: block; width: 100%; height: 26px; border-radius: 6px; margin: 10px 0 12px; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 8px;
  background: var(--loaded); }
.key.quarantined { background: var(--quarantined); } .key.filtered { background: var(--filtered); }
.key.deduplicated { background: var(--deduplicated); } .key.dropped { background: var(--dropped); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 6px 14px 6px 0; border-top: 1px solid var(--line);
  vertical-align: top; }
thead th, table:not(:has(thead)) tr:first-child td { border-top: 0; }
th { font-size: 12px; font-weight: 500; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.legend { width: auto; } .legend td { border: 0; padding: 2px 22px 2px 0; }
.legend td:first-child, .status { white-space: nowrap; }
.steps td { border: 0; padding: 4px 12px 4px 0; white-space: nowrap; }
.track { width: 100%; } .track svg { display: block; width: 100%; height: 14px; margin-top: 4px;
  background: var(--page); border-radius: 3px; }
.place { overflow-wrap: anywhere; min-width: 220px; }
.sample td, .sample th { white-space: nowrap; font-size: 13px; }
.pair { display: grid; gap: 0 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.pair .wide { grid-column: 1 / -1; } .pair section { min-width: 0; }
.chart line { stroke: var(--line); } .chart text { font-size: 12px; fill: var(--text); }
.chart .axis { fill: var(--quiet); }
summary { cursor: pointer; font-weight: 600; font-size: 17px; }
details[open] summary { margin-bottom: 10px; }
pre, code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 0; overflow-x: auto; }
footer { font-size: 12px; text-align: center; }
@media (max-width: 560px) { main { padding: 10px 8px 24px; } h1 { font-size: 22px; }
  header, section, .facts { padding: 14px; border-radius: 8px; }
  .badge { position: static; display: inline-block; margin-bottom: 8px; }
  .legend td { padding-right: 12px; } .legend .quiet { display: none; } }
@media print { :root { --page: #fff; } body { font-size: 11px; } main { max-width: none; padding: 0; }
  header, section, .facts { break-inside: avoid; border-radius: 0; padding: 10px 12px;
    margin-bottom: 8px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .scroll { overflow: visible; } .sample td, .sample th { font-size: 7px; padding-right: 4px; }
  details::details-content { content-visibility: visible; block-size: auto; } }
`;
