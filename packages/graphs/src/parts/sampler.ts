import type { Settled } from "../spec/settle.ts";
import type { Conditions } from "./conditioning.ts";
import type { Latent, Making, Model } from "./making.ts";

/** Flux's shift at a megapixel; a model that was not told otherwise has it at every size. */
const FLUX_SHIFT = 1.15;
const FLUX_LEAST_SHIFT = 0.5;

/** Sets the shift of the schedule of noise, where the family has one. */
export function addShift({ draft }: Making, model: Model, { family, sampling, width, height }: Settled): Model {
  const { shift } = sampling;
  if (family.shifting === "fixed" && shift !== undefined) return draft.add("ModelSamplingSD3", { model, shift })[0];
  if (family.shifting !== "by-size" || shift === FLUX_SHIFT) return model;
  const shifts = { max_shift: shift ?? FLUX_SHIFT, base_shift: shift ?? FLUX_LEAST_SHIFT };
  return draft.add("ModelSamplingFlux", { model, ...shifts, width, height })[0];
}

export interface Sampled {
  /** With their shift; two of them share the steps, half each. */
  readonly models: readonly Model[];
  readonly conditions: Conditions;
  readonly latent: Latent;
  readonly seed: number;
  readonly denoise?: number;
  /** Default: the spec's. */
  readonly steps?: number;
}

/** Draws: turns noise, or a latent with some of it, into a latent. */
export function sample(making: Making, settled: Settled, sampled: Sampled): Latent {
  const [main, low] = sampled.models;
  if (main === undefined) throw new TypeError("nothing to draw with");
  if (low !== undefined) return sampleByExperts(making, settled, sampled, [main, low]);
  const { family, sampling } = settled;
  const isGuided = sampled.conditions.isPair || sampling.guidance !== 1;
  // A model whose shift follows the size comes with the long form of sampling, which needs no negative prompt.
  if (family.shifting === "by-size" && sampling.shift === undefined && !isGuided) {
    return sampleTowards(making, settled, sampled, main);
  }
  const { conditions, latent, seed, denoise = 1, steps = sampling.steps } = sampled;
  return making.draft.add("KSampler", {
    model: main,
    seed,
    steps,
    cfg: sampling.guidance,
    sampler_name: sampling.sampler,
    scheduler: sampling.scheduler,
    positive: conditions.positive,
    negative: conditions.negative(),
    latent_image: latent,
    denoise,
  })[0];
}

function sampleTowards({ draft }: Making, { sampling }: Settled, sampled: Sampled, model: Model): Latent {
  const { conditions, latent, seed, denoise = 1, steps = sampling.steps } = sampled;
  const [guider] = draft.add("BasicGuider", { model, conditioning: conditions.positive });
  const [noise] = draft.add("RandomNoise", { noise_seed: seed });
  const [sampler] = draft.add("KSamplerSelect", { sampler_name: sampling.sampler });
  const [sigmas] = draft.add("BasicScheduler", { model, scheduler: sampling.scheduler, steps, denoise });
  return draft.add("SamplerCustomAdvanced", { noise, guider, sampler, sigmas, latent_image: latent })[0];
}

/** The first expert takes the first half of the steps and hands over what noise is left. */
function sampleByExperts(
  { draft }: Making,
  { sampling }: Settled,
  { conditions, latent, seed, steps = sampling.steps }: Sampled,
  [high, low]: readonly [Model, Model],
): Latent {
  const half = Math.ceil(steps / 2);
  const common = {
    noise_seed: seed,
    steps,
    cfg: sampling.guidance,
    sampler_name: sampling.sampler,
    scheduler: sampling.scheduler,
    positive: conditions.positive,
    negative: conditions.negative(),
  };
  const [noisy] = draft.add("KSamplerAdvanced", {
    ...common,
    model: high,
    add_noise: "enable",
    latent_image: latent,
    start_at_step: 0,
    end_at_step: half,
    return_with_leftover_noise: "enable",
  });
  return draft.add("KSamplerAdvanced", {
    ...common,
    model: low,
    add_noise: "disable",
    latent_image: noisy,
    start_at_step: half,
    end_at_step: LAST_STEP,
    return_with_leftover_noise: "disable",
  })[0];
}

/** The most that the node takes; it stops at the last step there is. */
const LAST_STEP = 10_000;
