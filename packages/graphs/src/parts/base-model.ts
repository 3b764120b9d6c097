import type { GenerationModel, LoraUse } from "@loramill/contracts";
import type { Settled } from "../spec/settle.ts";
import { type Assembly, type Clip, type Hooks, type Model, needFile, type Vae } from "./assembly.ts";
import { addLoras, checkPlaces, hooksOf, type Side } from "./loras.ts";

/** A base model with its LoRAs: one diffusion model, or two experts, first the one for high noise. */
export interface LoadedBase {
  readonly models: readonly [Model, ...Model[]];
  /** Encodes prompts; LoRAs whose strength changes on the way hang on it. */
  readonly clip: Clip;
  readonly vae: Vae;
  /** Those LoRAs, for texts that add some of their own. */
  readonly hooks: Hooks | null;
  /** The same encoder without them. */
  readonly plainClip: Clip;
}

interface BaseSpec {
  readonly model: GenerationModel;
  readonly loras: readonly LoraUse[];
}

/**
 * Loads a spec's base model and puts its LoRAs on. Of a family with two experts `only` takes the one for low noise, or a
 * model that the kind has for itself.
 */
export function loadBase(assembly: Assembly, spec: BaseSpec, settled: Settled, only?: "main" | "low"): LoadedBase {
  const { draft } = assembly;
  const { family, files, sampling } = settled;
  const constant = spec.loras.filter(({ schedule }) => schedule === undefined);
  const { models, clip, vae } = loadParts(assembly, spec, settled, only);
  let encoder = clip;
  const withLoras = ({ side, model }: SidedModel): Model => {
    const chained = addLoras(assembly, { model, clip: encoder }, constant, { side, parts: family.loraParts });
    encoder = chained.clip;
    return chained.model;
  };
  const [first, ...others] = models;
  checkPlaces(assembly, constant, models);
  const loaded: LoadedBase["models"] = [withLoras(first), ...others.map(withLoras)];
  if (sampling.clipSkip > 1) {
    [encoder] = draft.add("CLIPSetLastLayer", { clip: encoder, stop_at_clip_layer: -sampling.clipSkip });
  }
  const hooks = hooksOf(
    assembly,
    spec.loras.filter(({ schedule }) => schedule !== undefined),
  );
  return {
    models: loaded,
    clip: hooks === null ? encoder : hookClip(assembly, encoder, hooks),
    plainClip: encoder,
    vae: vae ?? draft.add("VAELoader", { vae_name: needFile(files.vae, "model.files.vae") })[0],
    hooks,
  };
}

/** Texts that are encoded with the answer bring LoRAs of their own. */
export function hookClip({ draft }: Assembly, clip: Clip, hooks: Hooks): Clip {
  return draft.add("SetClipHooks", { clip, hooks, apply_to_conds: true, schedule_clip: false })[0];
}

interface SidedModel {
  readonly side: Side;
  readonly model: Model;
}

interface Parts {
  readonly models: readonly [SidedModel, ...SidedModel[]];
  readonly clip: Clip;
  /** Null where it comes in a file of its own. */
  readonly vae: Vae | null;
}

function loadParts(assembly: Assembly, { model }: BaseSpec, { family, files }: Settled, only?: "main" | "low"): Parts {
  const { draft } = assembly;
  const unet = (name: string | undefined, field: string) =>
    draft.add("UNETLoader", { unet_name: needFile(name, field), weight_dtype: model.weightDtype })[0];
  const texts = files.textEncoders ?? [];
  const text = (index: number) => needFile(texts[index], `model.files.textEncoders.${index}`);
  switch (family.loading) {
    case "checkpoint":
    case "checkpoint-and-text": {
      const name = needFile(files.checkpoint, "model.files.checkpoint");
      const [main, own, vae] = draft.add("CheckpointLoaderSimple", { ckpt_name: name });
      const isWhole = family.loading === "checkpoint";
      const clip = isWhole
        ? own
        : draft.add("TripleCLIPLoader", { clip_name1: text(0), clip_name2: text(1), clip_name3: text(2) })[0];
      return { models: [{ side: "single", model: main }], clip, vae: files.vae === undefined ? vae : null };
    }
    case "parts":
    case "experts": {
      const type = family.textType ?? "wan";
      const clip =
        texts.length > 1
          ? draft.add("DualCLIPLoader", { clip_name1: text(0), clip_name2: text(1), type })[0]
          : draft.add("CLIPLoader", { clip_name: text(0), type })[0];
      if (family.loading === "parts" || only === "main") {
        const model = unet(files.diffusionModel, "model.files.diffusionModel");
        return { models: [{ side: "single", model }], clip, vae: null };
      }
      const low = (): SidedModel => ({ side: "low", model: unet(files.lowNoise, "model.files.lowNoise") });
      if (only === "low") return { models: [low()], clip, vae: null };
      const high: SidedModel = { side: "high", model: unet(files.highNoise, "model.files.highNoise") };
      return { models: [high, low()], clip, vae: null };
    }
  }
}
