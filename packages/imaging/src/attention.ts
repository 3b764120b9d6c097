import { type Plane, planeToGrey, type Size } from "./raster.ts";

/**
 * Where the most striking window lies: its offset as a share of the room there is to move, 0 left or top, 1 right or
 * bottom. Edges, saturated colours and skin tones count, those near the middle of the picture a little more. `window` is
 * the window's size as a share of the picture's; one side is 1.
 */
export function findAttention(picture: Plane, window: Size): number {
  const along = window.width < 1 ? "width" : "height";
  const sums = sumLines(picture, along);
  const length = picture[along];
  const kept = Math.max(1, Math.round(window[along] * length));
  const room = length - kept;
  if (room <= 0) return 0.5;
  let best = Number.NEGATIVE_INFINITY;
  let bestAt = 0;
  for (let at = 0; at <= room; at++) {
    let sum = 0;
    for (let i = at; i < at + kept; i++) sum += sums[i] as number;
    // Of equals the most central window.
    sum *= 1 - 0.05 * Math.abs((2 * at) / room - 1);
    if (sum > best * (1 + 1e-9)) {
      best = sum;
      bestAt = at;
    }
  }
  return bestAt / room;
}

/** Adds up what strikes the eye in each column (along the width) or row. */
function sumLines(picture: Plane, along: "width" | "height"): Float64Array {
  const { width, height, data } = picture;
  const grey = planeToGrey(picture).data;
  const sums = new Float64Array(along === "width" ? width : height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const value = grey[at] as number;
      const right = x + 1 < width ? Math.abs((grey[at + 1] as number) - value) : 0;
      const down = y + 1 < height ? Math.abs((grey[at + width] as number) - value) : 0;
      const red = data[at * 3] as number;
      const green = data[at * 3 + 1] as number;
      const blue = data[at * 3 + 2] as number;
      const high = Math.max(red, green, blue);
      const saturation = high < 24 ? 0 : (high - Math.min(red, green, blue)) / high;
      const centred = 1 - 0.3 * Math.hypot((2 * x + 1) / width - 1, (2 * y + 1) / height - 1);
      // The one lets the middle win where nothing strikes.
      const striking = 1 + Math.min(64, right + down) + 24 * saturation + (isSkin(red, green, blue) ? 16 : 0);
      const line = along === "width" ? x : y;
      sums[line] = (sums[line] as number) + striking * centred;
    }
  }
  return sums;
}

/** A rough test on the ratios of the channels that holds for skin of all shades in ordinary light. */
function isSkin(red: number, green: number, blue: number): boolean {
  return (
    red > 60 && red > green && green > blue * 0.9 && red - green > 8 && red - green < 90 && red / (green + 1) < 2.2
  );
}
