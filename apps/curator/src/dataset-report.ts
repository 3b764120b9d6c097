import type { DatasetManifest, Drop } from "@loramill/contracts";
import { REPORT_STYLE } from "./report-style.ts";

export interface ReportPicture {
  readonly path: string;
  readonly format: string;
  readonly sharpness: number;
  readonly caption: string | null;
  /** A `data:` URL; null for pictures that are only counted. */
  readonly thumbnail: string | null;
}

/** Rows of a table beyond this are counted and not shown. */
const MAX_ROWS = 1000;
const STEPS = 10;

/**
 * One page that needs nothing else: what is in a dataset version, what was left out and why, which pictures were taken
 * for the same, and how sizes, formats and sharpness are spread. Equal input gives equal bytes.
 */
export function renderDatasetReport(manifest: DatasetManifest, pictures: readonly ReportPicture[]): string {
  const { statistics, dropped, refused, gates, name } = manifest;
  const misnamed = pictures.filter(({ path, format }) => extensionDisagrees(path, format));
  const shown = pictures.filter(({ thumbnail }) => thumbnail !== null);
  const coverage = Math.round(100 * statistics.captions.coverage);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(name)} · dataset</title>
<style>${REPORT_STYLE}</style>
<header>
<p class="eyebrow">Loramill · dataset</p>
<h1>${escapeHtml(name)}</h1>
<div class="facts">
${fact("Kept", `${statistics.kept}<small> of ${statistics.found}</small>`, "pictures")}
${fact("Left out", `${dropped.length}`, "duplicates, or not good enough")}
${fact("Refused", `${refused.length}`, "could not be read")}
${fact("Captions of their own", `${coverage}<small> %</small>`, `${statistics.captions.existing} of ${statistics.kept}`)}
</div>
${renderGates(gates)}
</header>
<main>
<section><h2>Kept${shown.length < statistics.kept ? `<small> the first ${shown.length} of ${statistics.kept}</small>` : ""}</h2>
<div class="grid">${shown.map(renderPicture).join("\n")}</div>
</section>
${section("Taken for the same", ["kept", "left out", "why"], groupRows(dropped))}
${section(
  "Left out",
  ["picture", "code", "why"],
  dropped.filter(({ keptInstead }) => keptInstead === undefined).map((drop) => [drop.path, drop.code, drop.message]),
)}
${section(
  "Refused",
  ["file", "code", "why"],
  refused.map(({ path, code, message }) => [path, code, message]),
)}
${section(
  "Named as something else than they are",
  ["file", "is"],
  misnamed.map(({ path, format }) => [path, format]),
)}
<div class="charts">
<section><h2>Sizes</h2>${bars(statistics.sizes)}</section>
<section><h2>Formats of the originals</h2>${bars(statistics.formats)}</section>
<section><h2>Sharpness<small> of 1</small></h2>${bars(countSharpness(pictures))}</section>
</div>
</main>
</html>
`;
}

function fact(name: string, value: string, note: string): string {
  return `<div><h3>${name}</h3><p class="value">${value}</p><p class="note">${note}</p></div>`;
}

/** What the dataset as a whole was judged to be; what it passed is not worth a line. */
function renderGates(gates: DatasetManifest["gates"]): string {
  const worth = gates.filter(({ verdict }) => verdict !== "pass");
  if (worth.length === 0) return "";
  const items = worth.map(
    ({ verdict, message }) => `<li class="${verdict}"><b>${verdict}</b> ${escapeHtml(message)}</li>`,
  );
  return `<ul class="gates">${items.join("\n")}</ul>`;
}

function renderPicture({ path, thumbnail, caption }: ReportPicture): string {
  const text = caption === null ? "" : `<em>${escapeHtml(caption.slice(0, 120))}</em>`;
  return `<figure><img src="${thumbnail}" alt="" loading="lazy"><figcaption>${escapeHtml(path)}${text}</figcaption></figure>`;
}

function groupRows(dropped: readonly Drop[]): string[][] {
  const groups = Map.groupBy(
    dropped.filter(({ keptInstead }) => keptInstead !== undefined),
    ({ keptInstead }) => keptInstead as string,
  );
  return [...groups].flatMap(([kept, drops]) =>
    drops.map(({ path, message }, place) => [place === 0 ? kept : "", path, message]),
  );
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const cells = (tag: "td" | "th", row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const more = rows.length > MAX_ROWS ? `<p class="note">and ${rows.length - MAX_ROWS} more</p>` : "";
  const body = rows.slice(0, MAX_ROWS).map((row) => cells("td", row));
  return `<section><h2>${escapeHtml(title)}<small> ${rows.length}</small></h2><div class="scroll"><table><thead>${cells("th", head)}</thead><tbody>
${body.join("\n")}
</tbody></table></div>${more}</section>`;
}

function bars(counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).slice(0, MAX_ROWS);
  const most = Math.max(1, ...rows.map(([, count]) => count));
  const row = ([label, count]: [string, number]) =>
    `<dt>${escapeHtml(label)}</dt><dd><i style="width:${Math.round((100 * count) / most)}%"></i></dd><dd>${count}</dd>`;
  return `<dl class="bars">${rows.map(row).join("\n")}</dl>`;
}

/** Tenths from the least to the most sharp picture, those between without any included. */
function countSharpness(pictures: readonly ReportPicture[]): Record<string, number> {
  const counts = Array.from({ length: STEPS }, () => 0);
  for (const { sharpness } of pictures) {
    const step = Math.min(STEPS - 1, Math.max(0, Math.floor(sharpness * STEPS)));
    counts[step] = (counts[step] ?? 0) + 1;
  }
  const [first, last] = [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)];
  const labelled = counts.map((count, step) => [`${step / STEPS} to ${(step + 1) / STEPS}`, count] as const);
  return Object.fromEntries(first < 0 ? [] : labelled.slice(first, last + 1));
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

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
