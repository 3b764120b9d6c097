import type { Control, ImagePrompt, Regions } from "@loramill/contracts";
import type { LoadedBase } from "../parts/base-model.ts";
import { addGuidance, type Conditions, encodeText, lazily, negativeOf, type Texts } from "../parts/conditioning.ts";
import { addControls } from "../parts/control.ts";
import { addIpAdapters, addRedux } from "../parts/image-prompt.ts";
import type { Latent, Making, Model } from "../parts/making.ts";
import { attentionRegions, type RegionalConditions, regionConditions } from "../parts/regions.ts";
import { addShift } from "../parts/sampler.ts";
import type { Settled } from "../spec/settle.ts";

interface Guided extends Texts {
  readonly controls: readonly Control[];
  readonly imagePrompts: readonly ImagePrompt[];
  readonly regions?: Regions | undefined;
}

/** A base model and what it is to draw, with everything that guides a picture besides its prompt. */
export function guide(
  making: Making,
  spec: Guided,
  {
    base,
    model,
    latent,
    settled,
  }: {
    readonly base: LoadedBase;
    readonly model: Model;
    /** Whose size attention is divided by; null where no regions are. */
    readonly latent: Latent | null;
    readonly settled: Settled;
  },
): { readonly models: readonly Model[]; readonly conditions: Conditions } {
  const shown = addIpAdapters(making, model, spec.imagePrompts, settled);
  const { model: drawing, conditions } = placeText(making, spec, { base, model: shown, latent, settled });
  const positive = addRedux(making, conditions.positive, spec.imagePrompts, settled);
  return { models: [addShift(making, drawing, settled)], conditions: { ...conditions, positive } };
}

function placeText(
  making: Making,
  spec: Guided,
  { base, model, latent, settled }: Parameters<typeof guide>[2],
): RegionalConditions {
  const { regions, controls } = spec;
  if (regions !== undefined) {
    const place = { making, base, texts: spec, settled };
    const placed =
      regions.method === "attention" && latent !== null
        ? attentionRegions(place, model, regions, latent)
        : regionConditions(place, model, regions);
    return { ...placed, conditions: addControls(making, placed.conditions, base, controls, settled) };
  }
  const towards = encodeText(making, base.clip, spec.prompt);
  const text: Conditions = {
    positive: towards,
    negative: lazily(() => negativeOf(making, base.clip, spec, settled, towards)),
    isPair: false,
  };
  const controlled = addControls(making, text, base, controls, settled);
  return { model, conditions: { ...controlled, positive: addGuidance(making, controlled.positive, settled) } };
}
