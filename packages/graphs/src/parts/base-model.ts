import type { GenerationModel, LoraUse } from "@loramill/contracts";
import type { Settled } from "../spec/settle.ts";
import { addLoras, hooksOf } from "./loras.ts";
import { type Clip, type Hooks, type Making, type Model, needFile, type Vae } from "./making.ts";

/** A base model with its LoRAs: one diffusion model, or two experts for noise high and low. */
export interface LoadedBase {
  readonly models: readonly [main: Model] | readonly [high: Model, low: Model];
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

/** Loads a spec's base model and puts its LoRAs on. */
export function loadBase(making: Making, spec: BaseSpec, settled: Settled, only?: "main" | "low"): LoadedBase {
  const { draft } = making;
  const { family, files, sampling } = settled;
  const constant = spec.loras.filter(({ schedule }) => schedule === undefined);
  const { models, clip, vae } = loadParts(making, spec, settled, only);
  let encoder = clip;
  const [first, low] = models;
  const sides = low === undefined ? [["single", first] as const] : [["high", first] as const, ["low", low] as const];
  const withLoras = sides.map(([side, model]) => {
    const chained = addLoras(making, { model, clip: encoder }, constant, {
      side: only === "low" ? "low" : side,
      parts: family.loraParts,
    });
    encoder = chained.clip;
    return chained.model;
  });
  if (sampling.clipSkip > 1) {
    [encoder] = draft.add("CLIPSetLastLayer", { clip: encoder, stop_at_clip_layer: -sampling.clipSkip });
  }
  const hooks = hooksOf(
    making,
    spec.loras.filter(({ schedule }) => schedule !== undefined),
  );
  return {
    models: withLoras as unknown as LoadedBase["models"],
    clip: hooks === null ? encoder : hookClip(making, encoder, hooks),
    plainClip: encoder,
    vae: files.vae !== undefined && vae === null ? draft.add("VAELoader", { vae_name: files.vae })[0] : needVae(vae),
    hooks,
  };
}

/** Texts that are encoded with the answer bring LoRAs of their own. */
export function hookClip({ draft }: Making, clip: Clip, hooks: Hooks): Clip {
  return draft.add("SetClipHooks", { clip, hooks, apply_to_conds: true, schedule_clip: false })[0];
}

interface Parts {
  readonly models: LoadedBase["models"];
  readonly clip: Clip;
  /** Null where it comes in a file of its own. */
  readonly vae: Vae | null;
}

function loadParts(making: Making, { model }: BaseSpec, { family, files }: Settled, only?: "main" | "low"): Parts {
  const { draft } = making;
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
      return { models: [main], clip, vae: files.vae === undefined ? vae : null };
    }
    case "parts":
    case "experts": {
      const type = family.textType ?? "wan";
      const clip =
        texts.length > 1
          ? draft.add("DualCLIPLoader", { clip_name1: text(0), clip_name2: text(1), type })[0]
          : draft.add("CLIPLoader", { clip_name: text(0), type })[0];
      if (family.loading === "experts" && only === "low") {
        return { models: [unet(files.lowNoise, "model.files.lowNoise")], clip, vae: null };
      }
      const isPair = family.loading === "experts" && only === undefined;
      const models: LoadedBase["models"] = isPair
        ? [unet(files.highNoise, "model.files.highNoise"), unet(files.lowNoise, "model.files.lowNoise")]
        : [unet(files.diffusionModel, "model.files.diffusionModel")];
      return { models, clip, vae: null };
    }
  }
}

function needVae(vae: Vae | null): Vae {
  if (vae === null) needFile(undefined, "model.files.vae");
  return vae as Vae;
}
