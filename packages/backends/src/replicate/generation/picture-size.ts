import type { ModelInputs } from "./model-inputs.ts";

export type SizeChoice =
  | { readonly kind: "given"; readonly input: Readonly<Record<string, string | number>>; readonly note: string | null }
  | { readonly kind: "refused"; readonly message: string };

/** Shapes nearer than this to a model's are taken for it. */
const TOLERANCE = 0.01;

/** How a size is said to a model: as sides where it has them, else as the shape and the number of megapixels. */
export function sayPictureSize(
  { width, height }: { readonly width: number; readonly height: number },
  { properties }: ModelInputs,
): SizeChoice {
  const { width: wide, height: high, aspect_ratio: shape, megapixels } = properties;
  if (wide !== undefined && high !== undefined) {
    const isCustom = shape?.enum?.includes("custom") === true;
    return { kind: "given", input: { width, height, ...(isCustom ? { aspect_ratio: "custom" } : {}) }, note: null };
  }
  if (shape?.enum === undefined) return { kind: "refused", message: "the model has a size of its own: leave it out" };
  const shapes = shape.enum.filter((one): one is string => typeof one === "string" && ratioOf(one) !== null);
  const fitting = shapes.find((one) => Math.abs((ratioOf(one) ?? 0) / (width / height) - 1) < TOLERANCE);
  if (fitting === undefined) {
    return { kind: "refused", message: `the model draws the shapes ${shapes.join(", ")}, not ${width}x${height}` };
  }
  const sizes = (megapixels?.enum ?? []).filter((one) => Number(one) > 0);
  const [size] = sizes.toSorted((a, b) => distance(a, width * height) - distance(b, width * height));
  return {
    kind: "given",
    input: {
      aspect_ratio: fitting,
      ...(typeof size === "string" || typeof size === "number" ? { megapixels: size } : {}),
    },
    note: `the model draws ${fitting} at its own size, not at ${width}x${height}`,
  };
}

function ratioOf(shape: string): number | null {
  const [, across, down] = /^(\d+):(\d+)$/.exec(shape) ?? [];
  return across === undefined || down === undefined ? null : Number(across) / Number(down);
}

const distance = (megapixels: unknown, pixels: number): number =>
  Math.abs(Math.log(Number(megapixels) / (pixels / 1_000_000)));
