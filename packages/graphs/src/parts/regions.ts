import type { Region, Regions } from "@loramill/contracts";
import type { Output } from "../nodes/signature.ts";
import type { Settled } from "../spec/settle.ts";
import { USUAL_PRESETS } from "../spec/usual-choices.ts";
import { hookClip, type LoadedBase } from "./base-model.ts";
import { addGuidance, type Conditions, encodeText, lazily, negativeOf, type Texts } from "./conditioning.ts";
import { loadImage } from "./load-inputs.ts";
import { hooksOf } from "./loras.ts";
import type { Clip, Conditioning, Making, Mask, Model } from "./making.ts";
import { areaPixels, regionMask, wholeMask } from "./region-masks.ts";

interface Place {
  readonly making: Making;
  readonly base: LoadedBase;
  readonly texts: Texts;
  readonly settled: Settled;
}

export interface RegionalConditions {
  readonly model: Model;
  readonly conditions: Conditions;
}

/**
 * What is drawn where. The prompt of the whole picture is the background: at strength 1 it has all that the regions leave,
 * at less it lies beneath them with that strength, at 0 there is none.
 */
export function regionConditions(place: Place, model: Model, regions: Regions): RegionalConditions {
  const { list } = regions;
  if (list.some(({ imagePrompt }) => imagePrompt !== undefined)) return picturedRegions(place, model, regions);
  // Without guidance nothing is drawn away from, so that a region has no use for a negative prompt.
  const isPaired =
    place.settled.sampling.guidance !== 1 &&
    list.some(({ loras, negativePrompt }) => loras.length > 0 || negativePrompt !== undefined);
  return { model, conditions: isPaired ? pairedRegions(place, regions) : promptedRegions(place, regions) };
}

/** Regions of prompts alone; what is drawn away from is the same everywhere. */
function promptedRegions(place: Place, { list, background, method }: Regions): Conditions {
  const { making, base, texts, settled } = place;
  const { draft } = making;
  const parts = list.map((region) => {
    const conditioning = addGuidance(making, encodeText(making, clipOf(place, region), region.prompt), settled);
    const { strength } = region;
    if (method === "area" && region.area !== undefined) {
      return draft.add("ConditioningSetArea", { conditioning, ...areaPixels(region.area, settled), strength })[0];
    }
    const mask = regionMask(making, region, settled);
    return draft.add("ConditioningSetMask", { conditioning, mask, strength, set_cond_area: "default" })[0];
  });
  const towards = encodeText(making, base.clip, texts.prompt);
  const whole = addGuidance(making, towards, settled);
  const together = combine(making, parts);
  const negative = lazily(() => negativeOf(making, base.clip, texts, settled, towards));
  const join = (rest: Conditioning): Conditioning => combine(making, [together, rest]);
  const positive = (): Conditioning => {
    if (background === 0) return together;
    if (method === "area") {
      if (background === 1) return join(whole);
      return join(draft.add("ConditioningSetAreaStrength", { conditioning: whole, strength: background })[0]);
    }
    if (background === 1) {
      return draft.add("ConditioningSetDefaultCombine", { cond: together, cond_DEFAULT: whole })[0];
    }
    const mask = wholeMask(making, settled);
    const settings = { conditioning: whole, mask, strength: background, set_cond_area: "default" };
    return join(draft.add("ConditioningSetMask", settings)[0]);
  };
  return { positive: positive(), negative, isPair: false };
}

interface Pair {
  readonly positive: Conditioning;
  readonly negative: Conditioning;
}

/** Regions with LoRAs or negative prompts of their own: both sides of the guidance are masked alike. */
function pairedRegions(place: Place, { list, background }: Regions): Conditions {
  const { making, base, texts, settled } = place;
  const { draft } = making;
  const masked = ({ positive, negative }: Pair, mask: Mask, strength: number): Pair => {
    const [towards, away] = draft.add("PairConditioningSetProperties", {
      positive_NEW: positive,
      negative_NEW: negative,
      strength,
      set_cond_area: "default",
      mask,
    });
    return { positive: towards, negative: away };
  };
  const pairs = list.map((region) => {
    const clip = clipOf(place, region);
    const positive = addGuidance(making, encodeText(making, clip, region.prompt), settled);
    const negative = encodeText(making, clip, region.negativePrompt ?? texts.negativePrompt);
    return masked({ positive, negative }, regionMask(making, region, settled), region.strength);
  });
  const together = pairs.reduce((a, b) => combinePairs(making, a, b));
  if (background === 0) return asConditions(together);
  const towards = encodeText(making, base.clip, texts.prompt);
  const whole: Pair = {
    positive: addGuidance(making, towards, settled),
    negative: negativeOf(making, base.clip, texts, settled, towards),
  };
  if (background < 1) {
    return asConditions(combinePairs(making, together, masked(whole, wholeMask(making, settled), background)));
  }
  const [positive, negative] = draft.add("PairConditioningSetDefaultCombine", {
    ...together,
    positive_DEFAULT: whole.positive,
    negative_DEFAULT: whole.negative,
  });
  return asConditions({ positive, negative });
}

/**
 * Regions of which some show a picture, by IPAdapter. The background lies beneath all of them: the pictures say what is
 * where, and the prompt says where that is.
 */
function picturedRegions(place: Place, model: Model, { list, background }: Regions): RegionalConditions {
  const { making, base, texts, settled } = place;
  const { draft } = making;
  const [patched, ipadapter] = draft.add("IPAdapterUnifiedLoader", { model, preset: presetOf(list) });
  let shown: Output<"IPADAPTER_PARAMS"> | null = null;
  const parts = list.map((region) => {
    const mask = regionMask(making, region, settled);
    const text = encodeText(making, clipOf(place, region), region.prompt);
    const { imagePrompt } = region;
    if (imagePrompt === undefined) {
      const settings = { strength: region.strength, set_cond_area: "default" };
      return draft.add("ConditioningSetMask", { conditioning: text, mask, ...settings })[0];
    }
    const [image] = loadImage(making, imagePrompt.image);
    const [params, positive] = draft.add("IPAdapterRegionalConditioning", {
      image,
      image_weight: imagePrompt.weight,
      prompt_weight: region.strength,
      weight_type: imagePrompt.weightType ?? "linear",
      start_at: imagePrompt.start,
      end_at: imagePrompt.end,
      mask,
      positive: text,
    });
    shown = shown === null ? params : draft.add("IPAdapterCombineParams", { params_1: shown, params_2: params })[0];
    return positive;
  });
  const ipadapter_params = shown as Output<"IPADAPTER_PARAMS"> | null;
  if (ipadapter_params === null) throw new TypeError("no region shows a picture");
  const embeds = { combine_embeds: "concat", embeds_scaling: "V only" };
  const [drawing] = draft.add("IPAdapterFromParams", { model: patched, ipadapter, ipadapter_params, ...embeds });
  const towards = encodeText(making, base.clip, texts.prompt);
  const whole =
    background === 1
      ? towards
      : draft.add("ConditioningSetAreaStrength", { conditioning: towards, strength: background })[0];
  const positive = combine(making, background === 0 ? parts : [...parts, whole]);
  const negative = lazily(() => negativeOf(making, base.clip, texts, settled, towards));
  return { model: drawing, conditions: { positive, negative, isPair: false } };
}

/** All pictures of a request are seen through one adapter. */
const presetOf = (list: readonly Region[]): string =>
  list.find(({ imagePrompt }) => imagePrompt?.preset !== undefined)?.imagePrompt?.preset ?? USUAL_PRESETS["ip-adapter"];

/** Regions by FluxRegionAttention: attention itself is kept apart, so that prompts do not bleed into one another. */
export function attentionRegions(
  place: Place,
  model: Model,
  { list }: Regions,
  samples: Output<"LATENT">,
): RegionalConditions {
  const { making, base, texts, settled } = place;
  const { draft } = making;
  const towards = encodeText(making, base.clip, texts.prompt);
  const made = list.map((region) => {
    const condition = encodeText(making, base.clip, region.prompt);
    if (region.area === undefined) {
      return draft.add("FluxRegionMask", { mask: regionMask(making, region, settled), condition })[0];
    }
    const { x, y, width, height } = region.area;
    const corners = { x1: x, y1: y, x2: Math.min(1, x + width), y2: Math.min(1, y + height) };
    return draft.add("FluxRegionBBOX", { ...corners, condition })[0];
  });
  const [region1, region2, region3, region4] = made;
  if (region1 === undefined) throw new TypeError("no region to keep apart");
  const others = { region2, region3, region4 };
  const inputs = { model, condition: towards, samples, region1, enabled: true, ...others };
  const [patched, condition] = draft.add("RegionAttention", inputs);
  const negative = lazily(() => negativeOf(making, base.clip, texts, settled, towards));
  return {
    model: patched,
    conditions: { positive: addGuidance(making, condition, settled), negative, isPair: false },
  };
}

/** The encoder with a region's own LoRAs. */
function clipOf({ making, base }: Place, { loras }: Region): Clip {
  if (loras.length === 0) return base.clip;
  const hooks = hooksOf(making, loras, base.hooks);
  return hooks === null ? base.clip : hookClip(making, base.plainClip, hooks);
}

const combine = ({ draft }: Making, [first, ...others]: readonly Conditioning[]): Conditioning => {
  if (first === undefined) throw new TypeError("nothing to combine");
  return others.reduce<Conditioning>(
    (before, next) => draft.add("ConditioningCombine", { conditioning_1: before, conditioning_2: next })[0],
    first,
  );
};

function combinePairs({ draft }: Making, a: Pair, b: Pair): Pair {
  const [positive, negative] = draft.add("PairConditioningCombine", {
    positive_A: a.positive,
    negative_A: a.negative,
    positive_B: b.positive,
    negative_B: b.negative,
  });
  return { positive, negative };
}

const asConditions = ({ positive, negative }: Pair): Conditions => ({
  positive,
  negative: () => negative,
  isPair: true,
});
