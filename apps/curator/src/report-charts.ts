import { formatCount } from "./format-count.ts";

/** Figures of one picture that count towards a chart. */
export interface Measured {
  readonly value: number;
  readonly kept: boolean;
}

export interface HistogramSettings {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly bins: number;
  /** Writes a value of the axis. */
  readonly label: (value: number) => string;
  /** Labels of the axis at other places than both ends and the middle. */
  readonly ticks?: readonly number[];
  /** Below it a picture does not pass. */
  readonly threshold?: number | undefined;
  readonly note?: string;
}

const HEIGHT = 88;

/** Columns over an axis: what is kept, and on top of it what was left out; values beyond the ends count at the ends. */
export function histogram(measured: readonly Measured[], settings: HistogramSettings): string {
  const { title, from, to, bins, label, ticks = [from, (from + to) / 2, to], threshold, note } = settings;
  if (measured.length === 0) return "";
  const counts = Array.from({ length: bins }, () => ({ kept: 0, left: 0 }));
  for (const { value, kept } of measured) {
    const bin = counts[Math.max(0, Math.min(bins - 1, Math.floor(((value - from) / (to - from)) * bins)))];
    if (bin !== undefined) bin[kept ? "kept" : "left"] += 1;
  }
  const most = Math.max(1, ...counts.map(({ kept, left }) => kept + left));
  const columns = counts.map(({ kept, left }, at) => {
    if (kept + left === 0) return "";
    const [low, high] = [at, at + 1].map((edge) => label(from + (edge * (to - from)) / bins));
    const [keptHeight, leftHeight] = [kept, left].map((count) => round((HEIGHT * count) / most)) as [number, number];
    const rect = (name: string, y: number, height: number) =>
      height === 0 ? "" : `<rect class="${name}" x="${at * 10 + 1}" y="${round(y)}" width="8" height="${height}"/>`;
    const said = `${low} to ${high}: ${kept} kept${left === 0 ? "" : `, ${left} left out`}`;
    return `<g><title>${said}</title><rect class="hit" x="${at * 10}" y="0" width="10" height="${HEIGHT}"/>${rect("k", HEIGHT - keptHeight, keptHeight)}${rect("l", HEIGHT - keptHeight - leftHeight, leftHeight)}</g>`;
  });
  const place = (value: number) => round((100 * (value - from)) / (to - from));
  const line =
    threshold === undefined || threshold <= from || threshold >= to
      ? ""
      : `<i class="limit" style="left:${place(threshold)}%"><span>${label(threshold)}</span></i>`;
  const axis = ticks.map((tick) => `<span style="left:${place(tick)}%">${label(tick)}</span>`).join("");
  const kept = measured.filter((one) => one.kept).map(({ value }) => value);
  const middle = kept.length === 0 ? "" : `median ${label(median(kept))}`;
  return `<figure class="chart"><figcaption><b>${title}</b>${note ?? middle}</figcaption>
<div class="plot"><svg viewBox="0 0 ${bins * 10} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">${columns.join("")}</svg>${line}</div>
<div class="axis">${axis}</div></figure>`;
}

/** Rows of the most frequent, the rest in one row; `quote` is applied to the labels. */
export function bars(
  title: string,
  counts: Readonly<Record<string, number>>,
  quote: (text: string) => string,
  rows = 8,
): string {
  const sorted = Object.entries(counts).sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1));
  if (sorted.length === 0) return "";
  const shown = sorted.length <= rows ? sorted : sorted.slice(0, rows - 1);
  const rest = sorted.slice(shown.length);
  const more = rest.reduce((sum, [, count]) => sum + count, 0);
  const all = rest.length === 0 ? shown : [...shown, [`${rest.length} others`, more] as const];
  const most = Math.max(1, ...all.map(([, count]) => count));
  const row = ([label, count]: readonly [string, number]) =>
    `<dt>${quote(label)}</dt><dd><i style="width:${round((100 * count) / most)}%"></i></dd><dd>${formatCount(count)}</dd>`;
  const kinds = sorted.length === 1 ? "all the same" : `${sorted.length} different`;
  return `<figure class="chart"><figcaption><b>${title}</b>${kinds}</figcaption><dl class="bars">${all.map(row).join("\n")}</dl></figure>`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const round = (value: number): number => Math.round(value * 10) / 10;
