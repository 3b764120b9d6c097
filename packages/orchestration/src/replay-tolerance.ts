import type { PlannedStep, ReplayTolerance } from "@loramill/contracts";

/** Engines that were measured to give the same bits each time; see docs/replay.md. */
const EXACT_BACKENDS = ["pocket"];

const EXACT: ReplayTolerance = { pixels: 0, tensors: 0 };
/**
 * GPU kernels add up in an order of their own: a picture that is drawn again with the same weights is off by single levels,
 * weights that are trained again by much more than their rounding.
 */
const ON_A_GPU: ReplayTolerance = { pixels: 4, tensors: 0.001 };

/** Up to which difference a step can be expected to repeat itself; `wanted` says it for certain. */
export function replayTolerance(
  { params }: Pick<PlannedStep, "params">,
  wanted: { readonly [Field in keyof ReplayTolerance]?: ReplayTolerance[Field] | undefined } = {},
): ReplayTolerance {
  const { backend } = params;
  const usual = typeof backend !== "string" || EXACT_BACKENDS.includes(backend) ? EXACT : ON_A_GPU;
  return { pixels: wanted.pixels ?? usual.pixels, tensors: wanted.tensors ?? usual.tensors };
}
