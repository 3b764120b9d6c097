import {
  type CostView,
  type DatasetManifest,
  formatMicroUsd,
  type LoraDocument,
  type RunView,
} from "@loramill/contracts";

export interface ReportParts {
  readonly run: RunView;
  readonly dataset: DatasetManifest;
  readonly lora: LoraDocument;
  readonly cost: CostView;
  readonly captions: readonly { readonly path: string; readonly text: string }[];
  /** How close the LoRA's pictures are to the dataset, base model = 1. */
  readonly closeness: number;
  readonly contactSheet: Uint8Array;
  readonly curve: Uint8Array;
}

/** One page that needs nothing else: what went in, what was left out and why, what was made, and what it cost. */
export function renderReport(parts: ReportParts): string {
  const { run, dataset, lora, cost } = parts;
  const left = [
    ...dataset.dropped.map((drop) => [
      drop.path,
      drop.code,
      drop.keptInstead ? `${drop.message} (kept ${drop.keptInstead})` : drop.message,
    ]),
    ...dataset.refused.map((refusal) => [refusal.path, refusal.code, refusal.message]),
  ];
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapeHtml(run.name)} · Loramill</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fbfaf8}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #e4e0d8;vertical-align:top}
img{max-width:100%;image-rendering:pixelated;border-radius:4px}code{background:#efece5;padding:.1rem .3rem;border-radius:3px;word-break:break-all}
.big{font-size:2rem;font-weight:600}
</style>
<h1>${escapeHtml(run.name)}: from pictures to images</h1>
<p>Run <code>${run.id}</code> ${run.state}, ${formatMicroUsd(run.spentMicroUsd)}.
${dataset.statistics.kept} of ${dataset.statistics.found} pictures were used; the LoRA learned in ${lora.steps} steps
(${lora.computeSeconds.toFixed(0)} s of computing).</p>
<p><span class="big">${parts.closeness.toFixed(2)}</span> distance of the LoRA's images to the dataset; the base model is 1, lower is closer
(nearest neighbour in a fixed random-convolution feature space, mean over 8 seeds).</p>
<h2>Dataset, base model and LoRA</h2>
${image(parts.contactSheet, "dataset pictures, then the same seeds without the LoRA, at 0.5 and at 1.0")}
<h2>Steps</h2>
${table(
  ["step", "state", "items", "why"],
  run.steps.map((step) => [step.name, step.state, String(step.items ?? ""), step.reason ?? ""]),
)}
<h2>Left out</h2>
${table(["picture", "code", "why"], left)}
<h2>Captions</h2>
${table(
  ["picture", "caption"],
  parts.captions.map(({ path, text }) => [path, text]),
)}
<h2>Training</h2>
${image(parts.curve, "loss over the steps")}
<p>Weights <code>${lora.weights.sha256}</code>, trigger word <code>${escapeHtml(lora.triggerWord ?? "none")}</code>,
dataset <code>${lora.dataset}</code>.</p>
<h2>Ledger</h2>
${table(
  ["step", "supplier", "quantity", "cost", "note"],
  cost.entries.map((entry) => [
    entry.step,
    entry.supplier,
    `${entry.quantity.toFixed(1)} ${entry.unit}`,
    formatMicroUsd(entry.amountMicroUsd),
    entry.note,
  ]),
)}
</html>
`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "<p>None.</p>";
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${line(header, "th")}${rows.map((row) => line(row, "td")).join("\n")}</table>`;
}

function image(png: Uint8Array, alternative: string): string {
  return `<img alt="${escapeHtml(alternative)}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}
