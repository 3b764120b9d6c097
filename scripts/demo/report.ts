import {
  type CostView,
  type DatasetManifest,
  formatMicroUsd,
  type LoraDocument,
  type RunView,
  type StepView,
} from "@loramill/contracts";
import { type DrawnImage, strengthOf } from "./measure-closeness.ts";
import { drawLossChart } from "./report-chart.ts";
import { REPORT_STYLE } from "./report-style.ts";

export interface ReportParts {
  readonly run: RunView;
  readonly dataset: DatasetManifest;
  readonly lora: LoraDocument;
  readonly cost: CostView;
  readonly captions: readonly { readonly path: string; readonly text: string }[];
  /** How far the LoRA's pictures are from the dataset; base model = 1. */
  readonly closeness: number;
  /** The prepared pictures, PNG. */
  readonly pictures: readonly Uint8Array[];
  readonly generations: readonly DrawnImage[];
  readonly strengths: readonly number[];
}

/** One page that needs nothing else: what went in, what was left out and why, what was made, and what it cost. */
export function renderReport(parts: ReportParts): string {
  const { run, dataset, lora, cost, closeness } = parts;
  const { kept, found } = dataset.statistics;
  const left = [
    ...dataset.dropped.map(({ path, code, message, keptInstead }) => [
      path,
      code,
      keptInstead ? `${message} (kept ${keptInstead})` : message,
    ]),
    ...dataset.refused.map(({ path, code, message }) => [path, code, message]),
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(run.name)} · Loramill</title>
<style>${REPORT_STYLE}</style>
<header>
<p class="eyebrow">Loramill · from pictures to images</p>
<h1>${escapeHtml(run.name)}</h1>
<p class="lead">${kept} pictures taught a LoRA ${lora.triggerWord ? `the word “${escapeHtml(lora.triggerWord)}”` : "a subject"} in ${lora.steps} steps.
Its images are ${closeness.toFixed(2)} times as far from the dataset as those of the base model: lower is closer.</p>
<div class="facts">
${fact("Distance to the dataset", closeness.toFixed(2), "base model = 1, mean over the same seeds", closeness)}
${fact("Pictures used", `${kept}<small> of ${found}</small>`, `${left.length} left out, each with its reason`, kept / found)}
${fact("Training", `${lora.computeSeconds.toFixed(0)}<small> s</small>`, `${lora.steps} steps, final loss ${lora.finalLoss?.toFixed(4) ?? "unknown"}`)}
${fact("Cost", formatMicroUsd(cost.totalMicroUsd), cost.budgetMicroUsd === null ? "no budget" : `of a budget of ${formatMicroUsd(cost.budgetMicroUsd)}`)}
</div>
</header>
<main>
<section><h2>Same seeds, with and without</h2>
${renderSheet(parts)}
</section>
<section><h2>Steps</h2>
<ol class="steps">
${run.steps.map(renderStep).join("\n")}
</ol>
</section>
<section><h2>Training</h2>
<figure class="chart">${drawLossChart(lora.curve)}<figcaption>Loss over the steps: every step, and its running mean</figcaption></figure>
</section>
<section><h2>Left out</h2>
${table(["picture", "code", "why"], left)}
</section>
<section><h2>Captions</h2>
${table(
  ["picture", "caption"],
  parts.captions.map(({ path, text }) => [path, text]),
)}
</section>
<section><h2>Ledger</h2>
${table(["step", "supplier", "quantity", "entries", "cost"], sumEntries(cost), "Nothing was charged: every step was taken from an earlier run.")}
</section>
</main>
<footer><dl>
<dt>run</dt><dd>${run.id}</dd>
<dt>weights</dt><dd>${lora.weights.sha256}</dd>
<dt>dataset</dt><dd>${lora.dataset}</dd>
<dt>measured</dt><dd>nearest neighbour in a fixed random-convolution feature space</dd>
</dl></footer>
</html>
`;
}

/** One line for each step, supplier and unit: a training alone has an entry for every turn, which ledger.json lists. */
function sumEntries({ entries }: CostView): string[][] {
  const groups = Map.groupBy(entries, ({ step, supplier, unit }) => [step, supplier, unit].join("\n"));
  return [...groups.values()].map((group) => {
    const sum = (of: (entry: (typeof group)[number]) => number) => group.reduce((total, entry) => total + of(entry), 0);
    const { step = "", supplier = "", unit = "" } = group[0] ?? {};
    const quantity = `${sum((entry) => entry.quantity).toFixed(1)} ${unit}s`;
    return [step, supplier, quantity, `${group.length}`, formatMicroUsd(sum((entry) => entry.amountMicroUsd))];
  });
}

function fact(name: string, value: string, note: string, share?: number): string {
  const width = share === undefined ? 0 : Math.round(100 * Math.min(1, share));
  const bar = share === undefined ? "" : `<span class="meter"><i style="width:${width}%"></i></span>`;
  return `<div><h3>${name}</h3><p class="value">${value}</p>${bar}<p class="note">${escapeHtml(note)}</p></div>`;
}

/** Rows: some of the dataset, then for each prompt the base model and the LoRA at its strengths, one seed a column. */
function renderSheet({ pictures, generations, strengths }: ReportParts): string {
  const columns = new Set(generations.map(({ generation }) => generation.seed)).size;
  const prompts = [...new Set(generations.map(({ generation }) => generation.prompt))];
  const row = (label: string, pngs: readonly Uint8Array[]) =>
    `<div class="row"><h4>${label}</h4>${pngs.map((png) => image(png, label)).join("")}</div>`;
  const group = (title: string, rows: readonly string[]) =>
    `<div class="group"><p>${escapeHtml(title)}</p><div class="scroll">${rows.join("\n")}</div></div>`;
  const ofPrompt = (prompt: string) =>
    strengths.map((strength) =>
      row(
        strength === 0 ? "base model" : `LoRA × ${strength}`,
        generations
          .filter((drawn) => drawn.generation.prompt === prompt && strengthOf(drawn) === strength)
          .map(({ png }) => png),
      ),
    );
  return `<div class="sheet" style="--columns:${columns}">
${group("What it learned from", [row("dataset", pictures.slice(0, columns))])}
${prompts.map((prompt) => group(`“${prompt}”`, ofPrompt(prompt))).join("\n")}
</div>`;
}

function renderStep({ name, state, items, reason, startedAt, endedAt, error }: StepView): string {
  const seconds = startedAt && endedAt ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 : null;
  const why = error?.message ?? reason ?? "";
  const facts = [
    items === null ? "" : `${items} item${items === 1 ? "" : "s"}`,
    seconds === null || state === "reused" ? "" : `${seconds.toFixed(1)} s`,
  ];
  return `<li class="${state}"><b>${escapeHtml(name)}</b><span>${state}</span><em>${facts.filter(Boolean).join(" · ")}</em>${why === "" ? "" : `<p>${escapeHtml(why)}</p>`}</li>`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[], none = "None."): string {
  if (rows.length === 0) return `<p class="none">${none}</p>`;
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<div class="scroll"><table><thead>${line(header, "th")}</thead><tbody>
${rows.map((row) => line(row, "td")).join("\n")}
</tbody></table></div>`;
}

function image(png: Uint8Array, alternative: string): string {
  return `<img alt="${alternative}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}
