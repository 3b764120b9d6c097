import type { LossPoint } from "@loramill/contracts";
import { createCanvas, encodeImage, type Ink } from "@loramill/imaging";

const SIZE = { width: 900, height: 420 };
const BOX = { left: 90, top: 40, right: 870, bottom: 360 };
const PAPER: Ink = [250, 248, 244];
const INK: Ink = [40, 38, 46];
const GRID: Ink = [226, 221, 212];
const LOSS: Ink = [196, 190, 214];
const AVERAGE: Ink = [110, 50, 170];

/** Loss of each step and its running average. */
export function drawTrainingCurve(points: readonly LossPoint[]): Promise<Uint8Array> {
  const canvas = createCanvas(SIZE.width, SIZE.height, PAPER);
  const steps = Math.max(1, points.at(-1)?.step ?? 1);
  const top = Math.max(1e-6, ...points.map((point) => point.loss));
  const x = (step: number) => BOX.left + ((BOX.right - BOX.left) * step) / steps;
  const y = (loss: number) => BOX.bottom - ((BOX.bottom - BOX.top) * loss) / top;

  for (let tick = 0; tick <= 4; tick += 1) {
    const loss = (top * tick) / 4;
    canvas.fill(BOX.left, Math.round(y(loss)), BOX.right - BOX.left, 1, GRID);
    canvas.write(loss.toFixed(3), 12, Math.round(y(loss)) - 7, INK);
    const step = Math.round((steps * tick) / 4);
    canvas.write(String(step), Math.round(x(step)) - 14, BOX.bottom + 14, INK);
  }
  const draw = (ink: Ink, pick: (point: LossPoint) => number) => {
    for (const [place, point] of points.entries()) {
      const before = points[place - 1];
      if (before) canvas.line(x(before.step), y(pick(before)), x(point.step), y(pick(point)), ink);
    }
  };
  draw(LOSS, (point) => point.loss);
  draw(AVERAGE, (point) => point.averageLoss);
  canvas.write("loss", BOX.left, 12, LOSS);
  canvas.write("running average", BOX.left + 80, 12, AVERAGE);
  canvas.write("steps", BOX.right - 60, BOX.bottom + 36, INK);
  return encodeImage(canvas, "png");
}
