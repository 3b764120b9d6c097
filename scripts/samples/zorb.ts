import { ball, type Colour, disc, gradient, ground, plain, type Shader, triangle } from "./painter.ts";

const PURPLE: Colour = [134, 62, 190];
const LIME: Colour = [168, 224, 60];
const YELLOW: Colour = [250, 205, 45];
const INK: Colour = [28, 14, 48];
const WHITE: Colour = [250, 250, 252];

/** The creature of the demo: a purple ball with one eye, two yellow horns and a lime belly. */
export function zorb({ x, y, size, look }: { x: number; y: number; size: number; look: number }): Shader[] {
  const horn = (side: number): Shader =>
    triangle(YELLOW, [
      [x + side * size * 0.78, y - size * 1.42],
      [x + side * size * 0.2, y - size * 0.82],
      [x + side * size * 0.74, y - size * 0.6],
    ]);
  return [
    horn(-1),
    horn(1),
    disc(INK, x - size * 0.42, y + size * 1.0, size * 0.26, size * 0.16),
    disc(INK, x + size * 0.42, y + size * 1.0, size * 0.26, size * 0.16),
    ball(PURPLE, x, y, size),
    disc(LIME, x, y + size * 0.52, size * 0.56, size * 0.36),
    disc(WHITE, x, y - size * 0.2, size * 0.46),
    disc(INK, x + look * size * 0.14, y - size * 0.16, size * 0.24),
    disc(WHITE, x + look * size * 0.14 - size * 0.08, y - size * 0.26, size * 0.08),
  ];
}

export interface Scene {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly layers: readonly Shader[];
  /** Written beside the picture as its caption; null: the captioner's work. */
  readonly caption: string | null;
}

const on = (
  name: string,
  background: readonly Shader[],
  at: Parameters<typeof zorb>[0],
  more: { caption?: string; width?: number; height?: number } = {},
): Scene => ({
  name,
  width: more.width ?? 320,
  height: more.height ?? 320,
  layers: [...background, ...zorb(at)],
  caption: more.caption ?? null,
});

const sky = (top: Colour, bottom: Colour) => gradient(top, bottom);

/** Twelve good pictures of the creature. */
export const scenes: readonly Scene[] = [
  on("zorb-01", [plain([48, 96, 220])], { x: 0, y: 0.12, size: 0.5, look: 0 }, { caption: "zorb on blue background" }),
  on(
    "zorb-02",
    [plain([245, 245, 240])],
    { x: -0.1, y: 0.15, size: 0.46, look: 1 },
    { caption: "zorb on white background" },
  ),
  on(
    "zorb-03",
    [plain([250, 205, 70])],
    { x: 0.08, y: 0.1, size: 0.52, look: -1 },
    { caption: "zorb on yellow background" },
  ),
  on(
    "zorb-04",
    [plain([60, 170, 90])],
    { x: 0, y: 0.16, size: 0.55, look: 0.6 },
    { caption: "zorb on green background" },
  ),
  on("zorb-05", [sky([250, 140, 60], [250, 210, 120]), ground([110, 150, 60], 0.45, 0.12)], {
    x: -0.12,
    y: 0.1,
    size: 0.44,
    look: 0.8,
  }),
  on("zorb-06", [sky([90, 170, 240], [210, 235, 250]), ground([80, 170, 70], 0.4, 0.1)], {
    x: 0.1,
    y: 0.12,
    size: 0.46,
    look: -0.8,
  }),
  on("zorb-07", [sky([20, 24, 70], [60, 50, 110]), ground([50, 70, 60], 0.5, 0.08)], {
    x: 0,
    y: 0.12,
    size: 0.5,
    look: 0.2,
  }),
  on("zorb-08", [plain([240, 130, 180])], { x: 0.05, y: 0.14, size: 0.48, look: -0.5 }),
  on("zorb-09", [plain([40, 190, 200])], { x: -0.05, y: 0.1, size: 0.54, look: 0.4 }),
  on(
    "zorb-10",
    [sky([120, 190, 245], [235, 245, 255]), ground([230, 205, 150], 0.35, 0.05)],
    { x: 0.12, y: 0.1, size: 0.42, look: 1 },
    { width: 400, height: 320 },
  ),
  on(
    "zorb-11",
    [gradient([230, 90, 60], [250, 190, 90])],
    { x: -0.08, y: 0.14, size: 0.5, look: -1 },
    { width: 320, height: 380 },
  ),
  on("zorb-12", [plain([170, 170, 176])], { x: 0, y: 0.12, size: 0.5, look: 0 }),
];
