import type { DatasetManifest, Drop } from "@loramill/contracts";

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
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapeHtml(name)} · dataset</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fbfaf8}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #e4e0d8;vertical-align:top}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:.6rem}
figure{margin:0;font-size:12px;overflow-wrap:anywhere}img{width:100%;border-radius:4px}
.bar{background:#8b68aa;height:.7rem;border-radius:2px}.block{color:#b3261e}.warn{color:#8a5a00}
</style>
<h1>${escapeHtml(name)}</h1>
<p>${statistics.kept} of ${statistics.found} files were kept, ${dropped.length} left out, ${refused.length} refused;
${statistics.captions.existing} have a caption of their own.</p>
<ul>${gates.map(({ verdict, message }) => `<li class="${verdict}">${verdict}: ${escapeHtml(message)}</li>`).join("\n")}</ul>
<h2>Kept${shown.length < statistics.kept ? ` (the first ${shown.length} of ${statistics.kept})` : ""}</h2>
<div class="grid">${shown.map(renderPicture).join("\n")}</div>
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
<h2>Sizes</h2>${bars(statistics.sizes)}
<h2>Formats of the originals</h2>${bars(statistics.formats)}
<h2>Sharpness</h2>${bars(countSharpness(pictures))}
</html>
`;
}

function renderPicture({ path, thumbnail, caption }: ReportPicture): string {
  const text = caption === null ? "" : `<br><em>${escapeHtml(caption.slice(0, 120))}</em>`;
  return `<figure><img src="${thumbnail}" alt=""><figcaption>${escapeHtml(path)}${text}</figcaption></figure>`;
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
  const more = rows.length > MAX_ROWS ? `<p>and ${rows.length - MAX_ROWS} more</p>` : "";
  const body = rows.slice(0, MAX_ROWS).map((row) => cells("td", row));
  return `<h2>${escapeHtml(title)}</h2><table>${cells("th", head)}\n${body.join("\n")}</table>${more}`;
}

function bars(counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).slice(0, MAX_ROWS);
  const most = Math.max(1, ...rows.map(([, count]) => count));
  const row = ([label, count]: [string, number]) =>
    `<tr><td>${escapeHtml(label)}</td><td>${count}</td><td style="width:60%"><div class="bar" style="width:${Math.round((100 * count) / most)}%"></div></td></tr>`;
  return `<table>${rows.map(row).join("\n")}</table>`;
}

function countSharpness(pictures: readonly ReportPicture[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let step = 0; step < STEPS; step++) counts[`${step / STEPS} to ${(step + 1) / STEPS}`] = 0;
  for (const { sharpness } of pictures) {
    const step = Math.min(STEPS - 1, Math.floor(sharpness * STEPS));
    const label = `${step / STEPS} to ${(step + 1) / STEPS}`;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
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
