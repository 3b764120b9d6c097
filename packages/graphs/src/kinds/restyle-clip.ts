import type { SpecOf } from "@loramill/contracts";
import { loadBase } from "../parts/base-model.ts";
import { decodeLatent, encodeImage, fitImage } from "../parts/latents.ts";
import { joinImages, loadClip, loadClipPiece } from "../parts/load-inputs.ts";
import type { Image, Making } from "../parts/making.ts";
import { sample } from "../parts/sampler.ts";
import { savePictures } from "../parts/save.ts";
import { settle } from "../spec/settle.ts";
import { guide } from "./picture-conditions.ts";

/**
 * Some frames of a clip drawn anew over what they were, saved as pictures in order. Every frame starts from the same
 * noise, so that what a frame becomes does not depend on which others are drawn with it.
 */
export function restyleClip(making: Making, spec: SpecOf<"restyle-clip">): void {
  const settled = settle(spec);
  const base = loadBase(making, spec, settled, settled.family.loading === "experts" ? "low" : undefined);
  const { frames, count } = framesOf(making, spec);
  const encoded = encodeImage(making, fitImage(making, frames, settled), base.vae);
  // Wan's latents are of a whole clip: its frames share one noise that moves.
  const isClip = settled.family.latent === "wan";
  const latent = isClip
    ? encoded
    : making.draft.add("LatentBatchSeedBehavior", { samples: encoded, seed_behavior: "fixed" })[0];
  const { prompt, negativePrompt, seed, denoise } = spec;
  const texts = { prompt, negativePrompt, controls: [], imagePrompts: [] };
  const drawing = guide(making, texts, { base, model: base.models[0], latent, settled });
  const samples = sample(making, settled, { ...drawing, latent, seed, denoise });
  savePictures(making, decodeLatent(making, samples, base.vae), { count, name: "frame" });
}

function framesOf(making: Making, { clip }: SpecOf<"restyle-clip">): { frames: Image; count: number | null } {
  const { frames: window } = making.names;
  if (window === undefined) return { frames: loadClip(making, clip).frames, count: null };
  if (window.kind === "clip") return { frames: loadClipPiece(making, clip, window).frames, count: window.count };
  const [first, ...others] = window.names.map((image) => making.draft.add("LoadImage", { image })[0]);
  if (first === undefined) throw new TypeError("a window without frames");
  return { frames: joinImages(making, [first, ...others]), count: window.names.length };
}
