import type { Control, ImagePrompt, Regions } from "@loramill/contracts";
import type { Assembly, Latent, Model } from "../parts/assembly.ts";
import type { LoadedBase } from "../parts/base-model.ts";
import { addGuidance, type Conditions, encodeText, lazily, negativeOf, type Texts } from "../parts/conditioning.ts";
import { addControls } from "../parts/control.ts";
import { addIpAdapters, addRedux } from "../parts/image-prompt.ts";
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
  assembly: Assembly,
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
  const shown = addIpAdapters(assembly, model, spec.imagePrompts, settled);
  const { model: drawing, conditions } = placeText(assembly, spec, { base, model: shown, latent, settled });
  const positive = addRedux(assembly, conditions.positive, spec.imagePrompts, settled);
  return { models: [addShift(assembly, drawing, settled)], conditions: { ...conditions, positive } };
}

function placeText(
  assembly: Assembly,
  spec: Guided,
  { base, model, latent, settled }: Parameters<typeof guide>[2],
): RegionalConditions {
  const { regions, controls } = spec;
  if (regions !== undefined) {
    const place = { assembly, base, texts: spec, settled };
    const placed =
      regions.method === "attention" && latent !== null
        ? attentionRegions(place, model, regions, latent)
        : regionConditions(place, model, regions);
    return { ...placed, conditions: addControls(assembly, placed.conditions, base, controls, settled) };
  }
  const towards = encodeText(assembly, base.clip, spec.prompt);
  const text: Conditions = {
    positive: towards,
    negative: lazily(() => negativeOf(assembly, base.clip, spec, settled, towards)),
    isPair: false,
  };
  const controlled = addControls(assembly, text, base, controls, settled);
  return { model, conditions: { ...controlled, positive: addGuidance(assembly, controlled.positive, settled) } };
}
