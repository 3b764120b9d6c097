/** One typeface, one accent, hairlines; light and dark by the reader's system; wide things scroll within themselves. */
export const REPORT_STYLE = `
:root{--paper:#fbfaf8;--card:#fff;--ink:#1d1b22;--soft:#6d6877;--line:#e6e2da;--accent:#6b3fa0;--good:#2f7d4f;--warn:#96610a;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#151318;--card:#1d1a22;--ink:#eeebf2;--soft:#9d96a8;--line:#322d3a;--accent:#b68be8;--good:#6fc492;--warn:#e0a94a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:3.5rem 1.5rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-font-smoothing:antialiased}
.eyebrow{margin:0;color:var(--accent);font-size:.8rem;font-weight:600;letter-spacing:.06em;text-transform:uppercase}
h1{margin:.3rem 0 .6rem;font-size:clamp(2.2rem,6vw,3.4rem);font-weight:700;letter-spacing:-.03em;line-height:1.05;overflow-wrap:anywhere}
.lead{max-width:46rem;margin:0;color:var(--soft);font-size:1.1rem;text-wrap:pretty}
h2{margin:0 0 1rem;font-size:1.25rem;font-weight:650;letter-spacing:-.01em}
section{margin-top:3.5rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem;margin-top:2rem}
.facts>div{display:flex;flex-direction:column;padding:1.1rem 1.2rem;border:1px solid var(--line);border-radius:12px;background:var(--card)}
h3{margin:0;color:var(--soft);font-size:.85rem;font-weight:500}
.value{margin:.15rem 0 .5rem;font-size:2rem;font-weight:650;letter-spacing:-.02em;line-height:1.2;font-variant-numeric:tabular-nums}
.value small{color:var(--soft);font-size:1rem;font-weight:400;letter-spacing:0}
.note{margin:auto 0 0;color:var(--soft);font-size:.85rem;line-height:1.4}
.meter{display:block;height:4px;margin:0 0 .6rem;border-radius:2px;background:var(--line)}
.meter i{display:block;height:100%;border-radius:2px;background:var(--accent)}
.group{margin-top:1.5rem}.group>p{margin:0 0 .5rem;color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto}
.row{display:grid;grid-template-columns:6.5rem repeat(var(--columns),minmax(3.5rem,1fr));gap:6px;align-items:center;margin-bottom:6px}
h4{white-space:nowrap;position:sticky;left:0;margin:0;padding-right:.5rem;background:var(--paper);font-size:.85rem;font-weight:500;align-self:stretch;display:flex;align-items:center}
.row img{display:block;width:100%;aspect-ratio:1;border-radius:6px;object-fit:cover;image-rendering:pixelated}
.steps{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:0 2rem;margin:0;padding:0;list-style:none}
.steps li{display:grid;align-content:start;grid-template-columns:1fr auto;gap:0 .8rem;padding:.8rem 0;border-top:1px solid var(--line)}
.steps b{font-weight:600}.steps span{color:var(--soft);font-size:.85rem}.steps em{grid-column:1/-1;color:var(--soft);font-size:.85rem;font-style:normal}
.steps .succeeded span,.steps .reused span{color:var(--good)}.steps .failed span{color:var(--bad)}.steps .cancelled span{color:var(--warn)}
.steps p{grid-column:1/-1;margin:.2rem 0 0;color:var(--soft);font-size:.8rem;line-height:1.4;overflow-wrap:anywhere}
.chart{margin:0}.chart svg{display:block;width:100%;height:auto;overflow:visible}
.chart text{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
.chart .grid{stroke:var(--line)}.chart .each{fill:none;stroke:var(--soft);stroke-width:1;opacity:.45}.chart .mean{fill:none;stroke:var(--accent);stroke-width:2.5;stroke-linejoin:round}
figcaption{margin-top:.6rem;color:var(--soft);font-size:.85rem}
table{border-collapse:collapse;width:100%;min-width:30rem;font-size:.92rem}
th{color:var(--soft);font-size:.8rem;font-weight:500;text-align:left}
th,td{padding:.5rem 1.2rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td:first-child{font-weight:500;white-space:nowrap}td:last-child,th:last-child{padding-right:0}
.none{color:var(--soft)}
footer{margin-top:4rem;padding-top:1.2rem;border-top:1px solid var(--line);color:var(--soft);font-size:.8rem}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1rem;margin:0}
dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
@media (max-width:40rem){body{padding-top:2rem}.facts{grid-template-columns:1fr 1fr;gap:.7rem}.facts>div{padding:.9rem 1rem}.row{grid-template-columns:5.5rem repeat(var(--columns),3.5rem)}td:first-child{white-space:normal}}
@media print{body{max-width:none}section{break-inside:avoid}}
`;
