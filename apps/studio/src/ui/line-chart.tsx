import { type RefCallback, useCallback, useState } from "react";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** In pixels, as all that is drawn; the width is that of the place. */
const HEIGHT = 180;
const LEAST_WIDTH = 240;
const LEFT = 46;
const BOTTOM = 20;
const TICKS = 4;
/** More points than pixels show nothing more. */
const MOST_POINTS = 600;

/** A line over numbers, with its running mean (over a twentieth of the points) drawn strongly where there are many. */
export function LineChart({
  label,
  points,
  formatX = String,
  formatY = (value) => value.toPrecision(3),
}: {
  readonly label: string;
  readonly points: readonly Point[];
  readonly formatX?: (value: number) => string;
  readonly formatY?: (value: number) => string;
}) {
  const [width, frame] = useWidth();
  const shown = thin(points);
  if (shown.length < 2) return <p className="muted">There are too few values for a chart yet.</p>;
  const xs = shown.map(({ x }) => x);
  const ys = shown.map(({ y }) => y);
  const [minX, maxX] = [Math.min(...xs), Math.max(...xs)];
  const [minY, maxY] = [Math.min(...ys), Math.max(...ys)];
  const spanY = maxY - minY || 1;
  const left = (x: number) => LEFT + ((x - minX) / (maxX - minX || 1)) * (width - LEFT - 8);
  const top = (y: number) => 8 + (1 - (y - minY) / spanY) * (HEIGHT - BOTTOM - 16);
  const path = (line: readonly Point[]) =>
    line.map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${left(x).toFixed(1)} ${top(y).toFixed(1)}`).join("");
  const ticks = Array.from({ length: TICKS }, (_, i) => i / (TICKS - 1));
  const isLong = shown.length >= 40;
  return (
    <svg ref={frame} className="chart" viewBox={`0 0 ${width} ${HEIGHT}`} height={HEIGHT} role="img" aria-label={label}>
      {ticks.map((share) => {
        const y = minY + share * spanY;
        return (
          <g key={share}>
            <line className="grid" x1={LEFT} x2={width - 8} y1={top(y)} y2={top(y)} />
            <text x={LEFT - 6} y={top(y) + 3} textAnchor="end">
              {formatY(y)}
            </text>
          </g>
        );
      })}
      {ticks.map((share) => (
        <text
          key={share}
          x={left(minX + share * (maxX - minX))}
          y={HEIGHT - 4}
          textAnchor={share === 0 ? "start" : share === 1 ? "end" : "middle"}
        >
          {formatX(Math.round(minX + share * (maxX - minX)))}
        </text>
      ))}
      <path className={isLong ? "line-faint" : "line"} d={path(shown)} />
      {isLong && <path className="line" d={path(smooth(shown))} />}
    </svg>
  );
}

/** Of the drawing, in pixels, as its place has it: words in it stay as large as others. */
function useWidth(): [number, RefCallback<SVGSVGElement>] {
  const [width, setWidth] = useState(640);
  const frame = useCallback((drawing: SVGSVGElement | null) => {
    if (drawing === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(LEAST_WIDTH, Math.round(entry.contentRect.width)));
    });
    observer.observe(drawing);
    return () => observer.disconnect();
  }, []);
  return [width, frame];
}

function thin(points: readonly Point[]): readonly Point[] {
  const finite = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  if (finite.length <= MOST_POINTS) return finite;
  const every = finite.length / MOST_POINTS;
  return Array.from({ length: MOST_POINTS }, (_, i) => finite[Math.floor(i * every)] as Point);
}

function smooth(points: readonly Point[]): Point[] {
  const weight = 2 / (points.length / 20 + 1);
  let mean = points[0]?.y ?? 0;
  return points.map(({ x, y }) => {
    mean += (y - mean) * weight;
    return { x, y: mean };
  });
}
