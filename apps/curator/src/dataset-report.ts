import type { DatasetManifest, Drop, Refusal } from "@loramill/contracts";
import { escapeHtml } from "./escape-html.ts";
import { formatCount } from "./format-count.ts";
import { bars } from "./report-charts.ts";
import { type ReportPicture, type ReportThresholds, renderDistributions } from "./report-distributions.ts";
import { groupBlocks, pictureCard, reasonBlock, type Thumbnails, titleOf } from "./report-pictures.ts";
import { planReport, type ReasonPlan } from "./report-plan.ts";
import { REPORT_STYLE } from "./report-style.ts";

export interface DatasetReport {
  readonly manifest: DatasetManifest;
  /** Facts of the kept pictures and of those that were left out, in the order of the source. */
  readonly pictures: readonly ReportPicture[];
  /** Kept, though a check failed. */
  readonly warned: readonly Drop[];
  readonly thumbnails: Thumbnails;
  readonly thresholds: ReportThresholds;
}

/** Rows of a table beyond this are counted and not shown. */
const MAX_ROWS = 1000;

/**
 * One page that needs nothing else: what is in a dataset version, what was left out and by which measure, which pictures
 * were taken for the same, and how everything is spread. Equal input gives equal bytes; their number is bounded.
 */
export function renderDatasetReport(report: DatasetReport): string {
  const { manifest, pictures, warned, thumbnails } = report;
  const { statistics, dropped, refused, gates, name } = manifest;
  const kept = pictures.filter((one) => one.kept);
  const captions = new Map(kept.map(({ path, caption }) => [path, caption]));
  const plan = planReport(
    manifest,
    kept.map(({ path }) => path),
    warned,
  );
  const misnamed = pictures.filter(({ path, format }) => extensionDisagrees(path, format));
  const left = dropped.length;
  const of = (shown: number, total: number) =>
    shown < total ? `${shown} of ${formatCount(total)}, spread evenly` : formatCount(total);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(name)} · dataset</title>
<style>${REPORT_STYLE}</style>
<header>
<p class="eyebrow">Loramill · dataset report</p>
<h1>${escapeHtml(name)}</h1>
<p class="lede">${formatCount(statistics.kept)} of ${formatCount(statistics.found)} files were kept, ${formatCount(left)} left out, ${formatCount(refused.length)} refused.</p>
${outcome(manifest)}
${renderGates(gates)}
${facts(manifest)}
</header>
<main>
${section("Kept", of(plan.kept.length, kept.length), "As they are trained on, with the captions that came with them.", `<div class="grid">${plan.kept.map((path) => pictureCard(path, captions.get(path) ?? null, thumbnails)).join("\n")}</div>`)}
${section("Kept, worth a look", formatCount(countOf(plan.warned)), "A check failed and is set to warn only.", plan.warned.map((reason) => reasonBlock(reason, thumbnails)).join("\n"))}
${section("Left out", formatCount(countOf(plan.left)), "The worst of each reason come first. Copies and look-alikes have a section of their own.", plan.left.map((reason) => reasonBlock(reason, thumbnails)).join("\n"))}
${section("Taken for the same", groupsTitle(plan.groups.length, plan.groupsTotal), "The best of each group stays: most pixels, a caption, sharper, less compressed.", groupBlocks(plan.groups, thumbnails))}
${section("How it is spread", "", "", renderCharts(report))}
${table(
  "Named as something else than they are",
  ["file", "is"],
  misnamed.map(({ path, format }) => [path, format]),
)}
${table("Refused", ["file", "code", "why"], refused.map(row))}
${table("Everything that was left out", ["file", "code", "why"], dropped.map(row))}
</main>
${manifest.content === undefined ? "" : `<footer>content ${manifest.content}</footer>`}
</html>
`;
}

function renderCharts({ manifest, pictures, thresholds }: DatasetReport): string {
  const { sizes, formats } = manifest.statistics;
  const legend = `<p class="legend"><i class="k"></i>kept<i class="l"></i>left out</p>`;
  const charts = [
    renderDistributions(pictures, thresholds),
    bars("Sizes trained on", sizes, escapeHtml),
    bars("Formats of the originals", formats, escapeHtml),
  ];
  return `${manifest.dropped.length === 0 ? "" : legend}<div class="charts">${charts.join("\n")}</div>`;
}

const row = ({ path, code, message }: Drop | Refusal): string[] => [path, code, message];
const countOf = (reasons: readonly ReasonPlan[]): number => reasons.reduce((sum, { total }) => sum + total, 0);
const groupsTitle = (shown: number, total: number): string => {
  const groups = `${formatCount(total)} group${total === 1 ? "" : "s"}`;
  return shown < total ? `${groups}, the ${shown} largest are shown` : groups;
};

/** One strip for all files: what became of them, by reason. */
function outcome({ statistics }: DatasetManifest): string {
  const reasons = Object.entries(statistics.dropped).sort(([, a], [, b]) => b - a);
  const parts = [
    ["kept", "Kept", statistics.kept] as const,
    ...reasons.map(([code, count], at) => [`drop d${at % 4}`, titleOf(code as Drop["code"]), count] as const),
    ["refused", "Refused", statistics.refused] as const,
  ].filter(([, , count]) => count > 0);
  const strip = parts.map(([kind, , count]) => `<i class="${kind}" style="flex-grow:${count}"></i>`).join("");
  const legend = parts
    .map(([kind, title, count]) => `<li><i class="${kind}"></i>${title} <b>${formatCount(count)}</b></li>`)
    .join("");
  return `<div class="strip" role="img" aria-label="kept, left out by reason, refused">${strip}</div><ul class="reasons">${legend}</ul>`;
}

/** What a training would see. */
function facts({ statistics }: DatasetManifest): string {
  const { kept, captions, shownPerEpoch, stepsPerEpoch, duplicateGroups, sharpness } = statistics;
  const fact = (name: string, value: string, note: string) =>
    `<div><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
  const steps = Object.entries(stepsPerEpoch ?? {});
  const sizes = Object.keys(statistics.sizes).length;
  const shown = shownPerEpoch ?? kept;
  return `<dl class="facts">${[
    fact(
      "Shown per epoch",
      formatCount(shown),
      `${sizes} size${sizes === 1 ? "" : "s"}${shown > kept ? ", with repeats" : ""}`,
    ),
    steps.length === 0
      ? ""
      : fact(
          "Steps per epoch",
          steps.map(([, count]) => formatCount(count)).join("<s>/</s>"),
          `at batch ${steps.map(([batch]) => batch).join(", ")}`,
        ),
    fact(
      "Captions",
      `${Math.round(100 * captions.coverage)}<s>%</s>`,
      `${formatCount(captions.existing)} of ${formatCount(kept)} came with one`,
    ),
    duplicateGroups === undefined ? "" : fact("Duplicate groups", formatCount(duplicateGroups), "each is kept once"),
    sharpness === undefined ? "" : fact("Sharpness", `${sharpness.median.toFixed(2)}`, "median, 1 is crisp"),
  ].join("")}</dl>`;
}

/** What the dataset as a whole was judged to be; what it passed is not worth a line. */
function renderGates(gates: DatasetManifest["gates"]): string {
  const worth = gates.filter(({ verdict }) => verdict !== "pass");
  if (worth.length === 0) return "";
  const items = worth.map(
    ({ verdict, message }) =>
      `<li class="${verdict}"><b>${verdict === "block" ? "Blocked" : "Note"}</b>${escapeHtml(message)}</li>`,
  );
  return `<ul class="gates">${items.join("\n")}</ul>`;
}

function section(title: string, count: string, note: string, body: string): string {
  if (count === "0" || body === "") return "";
  return `<section><h2>${title}${count === "" ? "" : `<small>${count}</small>`}</h2>${note === "" ? "" : `<p class="note">${note}</p>`}
${body}</section>`;
}

/** Folded where it is long. */
function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const cells = (tag: "td" | "th", one: readonly string[]) =>
    `<tr>${one.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const more = rows.length > MAX_ROWS ? `<p class="more">and ${formatCount(rows.length - MAX_ROWS)} more</p>` : "";
  return `<section><details${rows.length <= 20 ? " open" : ""}><summary><h2>${escapeHtml(title)}<small>${formatCount(rows.length)}</small></h2></summary><div class="scroll"><table><thead>${cells("th", head)}</thead><tbody>
${rows
  .slice(0, MAX_ROWS)
  .map((one) => cells("td", one))
  .join("\n")}
</tbody></table></div>${more}</details></section>`;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  jpg: "jpeg",
  jpeg: "jpeg",
  jfif: "jpeg",
  png: "png",
  webp: "webp",
  avif: "avif",
  tif: "tiff",
  tiff: "tiff",
  gif: "gif",
};

function extensionDisagrees(path: string, format: string): boolean {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return (EXTENSIONS[extension] ?? "something else") !== format;
}
