/** One typeface, one accent, hairlines; light and dark by the reader's system; wide things scroll within themselves. */
export const REPORT_STYLE = `
:root{--paper:#fbfaf8;--card:#fff;--ink:#1d1b22;--soft:#6d6877;--line:#e6e2da;--accent:#6b3fa0;--warn:#96610a;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#151318;--card:#1d1a22;--ink:#eeebf2;--soft:#9d96a8;--line:#322d3a;--accent:#b68be8;--warn:#e0a94a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:3.5rem 1.5rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-font-smoothing:antialiased}
.eyebrow{margin:0;color:var(--accent);font-size:.8rem;font-weight:600;letter-spacing:.06em;text-transform:uppercase}
h1{margin:.3rem 0 .6rem;font-size:clamp(2.2rem,6vw,3.4rem);font-weight:700;letter-spacing:-.03em;line-height:1.05;overflow-wrap:anywhere}
h2{margin:0 0 1rem;font-size:1.25rem;font-weight:650;letter-spacing:-.01em}
h2 small{margin-left:.35rem;color:var(--soft);font-size:.9rem;font-weight:400;letter-spacing:0}
section{margin-top:3.5rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:1rem;margin-top:2rem}
.facts>div{padding:1.1rem 1.2rem;border:1px solid var(--line);border-radius:12px;background:var(--card)}
h3{margin:0;color:var(--soft);font-size:.85rem;font-weight:500}
.value{margin:.15rem 0 .3rem;font-size:2rem;font-weight:650;letter-spacing:-.02em;line-height:1.2;font-variant-numeric:tabular-nums}
.value small{color:var(--soft);font-size:1rem;font-weight:400;letter-spacing:0}
.note{margin:0;color:var(--soft);font-size:.85rem;line-height:1.4}
.gates{margin:1.5rem 0 0;padding:0;list-style:none}
.gates li{margin-top:.4rem;padding:.5rem .9rem;border-left:3px solid var(--warn);background:var(--card);border-radius:0 8px 8px 0}
.gates b{margin-right:.3rem;color:var(--warn);font-weight:600}.gates .block{border-color:var(--bad)}.gates .block b{color:var(--bad)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:1.2rem .9rem}
figure{margin:0;min-width:0}figure img{display:block;width:100%;aspect-ratio:1;object-fit:contain;border-radius:8px;background:var(--line)}
figcaption{margin-top:.4rem;font-size:.78rem;line-height:1.4;overflow-wrap:anywhere}
figcaption em{display:block;color:var(--soft);font-style:normal}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;min-width:30rem;font-size:.92rem}
th{color:var(--soft);font-size:.8rem;font-weight:500;text-align:left}
th,td{padding:.5rem 1.2rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td:last-child,th:last-child{padding-right:0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:0 3rem}
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:.35rem .8rem;align-items:center;margin:0;font-size:.85rem;font-variant-numeric:tabular-nums}
.bars dt{color:var(--soft)}.bars dd{margin:0}.bars i{display:block;height:8px;min-width:1px;border-radius:2px;background:var(--accent)}
@media (max-width:40rem){body{padding-top:2rem}.facts{grid-template-columns:1fr 1fr;gap:.7rem}.facts>div{padding:.9rem 1rem}}
@media print{body{max-width:none}section{break-inside:avoid}}
`;
