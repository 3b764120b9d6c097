/** Colours are [red, green, blue] in 0..255; coordinates run from -1 to 1 over the picture, y downwards. */
export type Colour = readonly [number, number, number];
export type Shader = (x: number, y: number, under: Colour) => Colour;

export interface Painting {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Samples per pixel and axis. */
const SUPERSAMPLING = 3;

/** Runs the shaders one over the other for every sample and averages, so that edges are smooth. */
export function paint(width: number, height: number, layers: readonly Shader[]): Painting {
  const rgb = new Uint8Array(width * height * 3);
  const samples = SUPERSAMPLING ** 2;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const sum = [0, 0, 0];
      for (let sample = 0; sample < samples; sample += 1) {
        const x = ((column + ((sample % SUPERSAMPLING) + 0.5) / SUPERSAMPLING) / width) * 2 - 1;
        const y = ((row + (Math.floor(sample / SUPERSAMPLING) + 0.5) / SUPERSAMPLING) / height) * 2 - 1;
        let colour: Colour = [0, 0, 0];
        for (const layer of layers) colour = layer(x, y, colour);
        for (let channel = 0; channel < 3; channel += 1) sum[channel] = (sum[channel] ?? 0) + (colour[channel] ?? 0);
      }
      for (let channel = 0; channel < 3; channel += 1) {
        rgb[(row * width + column) * 3 + channel] = Math.min(
          255,
          Math.max(0, Math.round((sum[channel] ?? 0) / samples)),
        );
      }
    }
  }
  return { width, height, rgb };
}

export function mix(a: Colour, b: Colour, share: number): Colour {
  const part = Math.min(1, Math.max(0, share));
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

export const plain =
  (colour: Colour): Shader =>
  () =>
    colour;

export const gradient =
  (top: Colour, bottom: Colour): Shader =>
  (_x, y) =>
    mix(top, bottom, (y + 1) / 2);

/** Everything below a wavy line. */
export const ground =
  (colour: Colour, level: number, wave: number): Shader =>
  (x, y, under) =>
    y > level + wave * Math.sin(x * 4) ? mix(colour, [0, 0, 0], (y - level) * 0.25) : under;

export const disc =
  (colour: Colour, centreX: number, centreY: number, radiusX: number, radiusY = radiusX): Shader =>
  (x, y, under) =>
    ((x - centreX) / radiusX) ** 2 + ((y - centreY) / radiusY) ** 2 < 1 ? colour : under;

/** A disc with light from the upper left and a dark rim, as a ball has. */
export const ball =
  (colour: Colour, centreX: number, centreY: number, radiusX: number, radiusY = radiusX): Shader =>
  (x, y, under) => {
    const u = (x - centreX) / radiusX;
    const v = (y - centreY) / radiusY;
    const distance = u * u + v * v;
    if (distance >= 1) return under;
    const light = 0.45 - u * 0.35 - v * 0.45;
    return distance > 0.88
      ? mix(colour, [20, 10, 40], 0.55)
      : mix(mix(colour, [25, 10, 50], 0.35), [255, 245, 255], light * 0.5);
  };

/** A triangle with corners in any order. */
export const triangle =
  (
    colour: Colour,
    corners: readonly [readonly [number, number], readonly [number, number], readonly [number, number]],
  ): Shader =>
  (x, y, under) => {
    const [a, b, c] = corners;
    const side = (p: readonly [number, number], q: readonly [number, number]) =>
      (x - q[0]) * (p[1] - q[1]) - (p[0] - q[0]) * (y - q[1]);
    const signs = [side(a, b), side(b, c), side(c, a)];
    return signs.every((sign) => sign <= 0) || signs.every((sign) => sign >= 0) ? colour : under;
  };
