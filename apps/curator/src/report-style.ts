/** One typeface, one accent, hairlines; light and dark by the reader's system; wide things scroll within themselves. */
export const REPORT_STYLE = `
:root{--paper:#fbfaf8;--card:#fff;--ink:#1d1b22;--soft:#6b6675;--line:#e7e3dc;--sunk:#f1eee8;--accent:#6b3fa0;--out:#d9a441;--out2:#c47f3a;--out3:#a8603f;--out4:#8a7a5c;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#131116;--card:#1b181f;--ink:#efecf3;--soft:#a19aac;--line:#2e2936;--sunk:#211d27;--accent:#b68be8;--out:#d9a441;--out2:#c9823f;--out3:#b26a49;--out4:#8f8067;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:74rem;padding:4rem 2rem 3rem;background:var(--paper);color:var(--ink);font:16px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-font-smoothing:antialiased;font-variant-numeric:tabular-nums}
.eyebrow{margin:0;color:var(--accent);font-size:.8rem;font-weight:600;letter-spacing:.02em}
h1{margin:.35rem 0 .5rem;font-size:clamp(2.2rem,6vw,3.6rem);font-weight:700;letter-spacing:-.035em;line-height:1.05;overflow-wrap:anywhere}
.lede{margin:0;color:var(--soft);font-size:1.2rem;letter-spacing:-.01em}
h2{margin:0;font-size:1.5rem;font-weight:650;letter-spacing:-.02em;line-height:1.2}
h2 small,h3 small{margin-left:.55rem;color:var(--soft);font-size:.95rem;font-weight:400;letter-spacing:0}
h3{margin:0 0 .7rem;font-size:1rem;font-weight:600}
section{margin-top:4.5rem}
.note{margin:.3rem 0 0;color:var(--soft);font-size:.92rem}
section>.note+*{margin-top:1.4rem}section>h2+*:not(.note){margin-top:1.4rem}section>h2+.legend{margin-top:.4rem}
.strip{display:flex;gap:2px;height:14px;margin:2rem 0 .9rem;overflow:hidden;border-radius:7px}
.strip i{min-width:3px}
.kept{background:var(--accent)}.d0{background:var(--out)}.d1{background:var(--out2)}.d2{background:var(--out3)}.d3{background:var(--out4)}.refused{background:var(--bad)}
.reasons{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:0;padding:0;color:var(--soft);font-size:.9rem;list-style:none}
.reasons i,.legend i{display:inline-block;width:9px;height:9px;margin-right:.45rem;border-radius:3px}
.reasons b{margin-left:.15rem;color:var(--ink);font-weight:600}
.gates{display:grid;gap:.5rem;margin:2rem 0 0;padding:0;list-style:none}
.gates li{padding:.75rem 1rem;border-radius:10px;background:var(--sunk);font-size:.95rem}
.gates b{margin-right:.6rem;color:var(--soft);font-weight:600}
.gates .block b{color:var(--bad)}
.facts{display:flex;flex-wrap:wrap;gap:1.5rem 3.2rem;margin:2.4rem 0 0;padding-top:1.6rem;border-top:1px solid var(--line)}
.facts dt{color:var(--soft);font-size:.85rem}.facts dd{margin:.1rem 0 0;font-size:1.75rem;font-weight:650;letter-spacing:-.02em;line-height:1.2}
.facts s{margin:0 .25rem;color:var(--soft);font-size:1.1rem;font-weight:400;text-decoration:none}
.facts dd.note{font-size:.85rem;font-weight:400;letter-spacing:0}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.2rem,1fr));gap:1.5rem 1rem}
figure{margin:0;min-width:0}
figure img,.blank{display:block;width:100%;aspect-ratio:1;object-fit:contain;border-radius:10px;background:var(--sunk)}
figcaption{margin-top:.5rem;font-size:.8rem;line-height:1.4;overflow-wrap:anywhere}
figcaption b{display:block;overflow:hidden;font-weight:500;text-overflow:ellipsis;white-space:nowrap}
figcaption span{display:-webkit-box;overflow:hidden;color:var(--soft);-webkit-box-orient:vertical;-webkit-line-clamp:3}
figcaption em{display:inline-block;margin:0 .4rem .15rem 0;color:var(--accent);font-style:normal;font-weight:600}
figcaption .meter{display:block;height:4px;margin:.35rem 0 .3rem;border-radius:2px;background:var(--line)}
.meter i{display:block;height:4px;min-width:3px;border-radius:2px;background:var(--out)}
.more{align-self:center;margin:.9rem 0 0;color:var(--soft);font-size:.9rem}
.reason+.reason{margin-top:2.6rem}
.groups{display:grid;grid-template-columns:repeat(auto-fill,minmax(20.5rem,1fr));gap:0 2rem}
.group{grid-column:1/-1;display:grid;grid-template-columns:11.6rem 1fr;gap:1.6rem;padding:1.3rem 0;border-top:1px solid var(--line)}
.group .stays{padding-right:1.6rem;border-right:1px solid var(--line)}
.group .grid{grid-template-columns:repeat(auto-fill,10rem)}
.group .more{margin:0}
.pair{grid-column:auto;grid-template-columns:10.4rem 1fr;gap:1.2rem}.pair .stays{padding-right:1.2rem}.pair .grid{grid-template-columns:minmax(0,9.2rem)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:2.8rem 3rem}
.chart figcaption{display:flex;justify-content:space-between;gap:1rem;margin:0 0 .7rem;color:var(--soft);font-size:.88rem}
.chart figcaption b{color:var(--ink);font-weight:600}
.plot{position:relative;height:88px;border-bottom:1px solid var(--line)}
.plot svg{display:block;width:100%;height:100%}
.k{fill:var(--accent);background:var(--accent)}.l{fill:var(--out);background:var(--out)}.hit{fill:transparent}
.limit{position:absolute;top:-4px;bottom:0;width:0;border-left:1px dashed var(--ink);opacity:.7}
.limit span{position:absolute;top:-4px;left:.4rem;color:var(--ink);font-size:.75rem;font-style:normal;white-space:nowrap}
.axis{position:relative;height:1.4rem;margin-top:.3rem;color:var(--soft);font-size:.75rem}
.axis span{position:absolute;transform:translateX(-50%)}.axis span:first-child[style="left:0%"]{transform:none}.axis span:last-child[style="left:100%"]{transform:translateX(-100%)}
.legend{margin:0 0 1.6rem;color:var(--soft);font-size:.88rem}.legend i+i,.legend .l{margin-left:1.2rem}
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:.35rem .8rem;align-items:center;margin:0;font-size:.85rem}
.bars dt{color:var(--soft)}.bars dd{margin:0}.bars i{display:block;height:8px;min-width:2px;border-radius:3px;background:var(--accent)}
summary{cursor:pointer;list-style-position:outside}summary h2{display:inline}
.scroll{margin-top:1.2rem;overflow-x:auto}
table{border-collapse:collapse;width:100%;min-width:36rem;font-size:.9rem}
th{color:var(--soft);font-size:.82rem;font-weight:500;text-align:left}
th,td{padding:.5rem 1.5rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td:first-child{min-width:12rem}td:nth-child(2){white-space:nowrap;color:var(--soft)}
td:last-child,th:last-child{padding-right:0}
footer{margin-top:5rem;padding-top:1.2rem;border-top:1px solid var(--line);color:var(--soft);font-size:.78rem;overflow-wrap:anywhere}
@media (max-width:44rem){body{padding:2.2rem 1.1rem}section{margin-top:3.2rem}.facts{gap:1.2rem 2rem}.grid,.group .grid{grid-template-columns:repeat(auto-fill,minmax(6.4rem,1fr));gap:1.1rem .7rem}.groups{grid-template-columns:1fr}.group{grid-template-columns:1fr}.group .stays{max-width:9rem;padding:0;border:0}.pair{grid-template-columns:1fr 1fr}}
@media print{body{max-width:none}figure,.group{break-inside:avoid}}
`;
