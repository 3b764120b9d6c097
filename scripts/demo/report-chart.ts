import type { LossPoint } from "@loramill/contracts";

const WIDTH = 900;
const HEIGHT = 300;
const MARGIN = { left: 48, right: 8, top: 12, bottom: 26 };
/** Share of the points that the running mean is taken over, to each side. */
const WINDOW = 0.03;
const TICKS = 4;

/** The losses of a training as SVG, in the colours of the page. */
export function drawLossChart(curve: readonly LossPoint[]): string {
  const losses = curve.map(({ loss }) => loss);
  const lastStep = curve.at(-1)?.step ?? 1;
  const most = niceCeiling(Math.max(...losses, Number.MIN_VALUE));
  const x = (step: number) => MARGIN.left + (step / Math.max(1, lastStep)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (loss: number) => HEIGHT - MARGIN.bottom - (loss / most) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const path = (values: readonly number[]) =>
    values
      .map((value, at) => `${at === 0 ? "M" : "L"}${x(curve[at]?.step ?? 0).toFixed(1)} ${y(value).toFixed(1)}`)
      .join("");
  const ticks = Array.from({ length: TICKS + 1 }, (_, tick) => tick / TICKS);
  const grid = ticks.map((share) => {
    const at = y(share * most).toFixed(1);
    return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/><text x="${MARGIN.left - 8}" y="${at}" dy="4" text-anchor="end">${Number((share * most).toPrecision(3))}</text>`;
  });
  const steps = ticks.map((share) => {
    const step = Math.round(share * lastStep);
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    return `<text x="${x(step).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${step}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="loss over the steps">${grid.join("")}${steps.join("")}<path class="each" d="${path(losses)}"/><path class="mean" d="${path(runningMean(losses))}"/></svg>`;
}

function runningMean(values: readonly number[]): number[] {
  const reach = Math.max(1, Math.round(values.length * WINDOW));
  return values.map((_, at) => {
    const near = values.slice(Math.max(0, at - reach), at + reach + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/** The next of 1, 2, 2.5, 4, 5, 8 times a power of ten, so that the ticks are round. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 4, 5, 8, 10].find((step) => step * power >= value) ?? 10);
}
