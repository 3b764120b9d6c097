import { type DrawnSpec, type GenerationSpec, isDrawn, type SpecOf } from "@loramill/contracts";

/**
 * Which profile a generation is drawn by, as a `ChoiceRequest`'s `model`; null where nothing is chosen for it: it has no base
 * model that follows a prompt, or no usual settings are known.
 */
export function profileNameOf(spec: GenerationSpec): string | null {
  if (!isDrawn(spec)) return null;
  if (spec.kind === "speech-to-video") return speakingOf(spec);
  if (spec.kind === "motion-transfer") return spec.model.family === "wan22" ? "wan22-animate" : null;
  const isClip = spec.kind === "text-to-video" || spec.kind === "image-to-video";
  return isClip ? clipOf(spec.model) : pictureOf(spec);
}

function speakingOf({ method, model }: SpecOf<"speech-to-video">): string | null {
  if (method === "infinite-talk" || (method === "auto" && model.family === "wan21")) return "infinitetalk";
  return model.family === "wan22" ? "wan22-s2v" : null;
}

function clipOf({ family, variant }: DrawnSpec["model"]): string | null {
  if (family === "sd15") return "animatediff";
  if (family === "sdxl") return "hotshotxl";
  if (family !== "wan22") return null;
  return variant === "5b" ? "wan22-ti2v-5b" : "wan22-a14b";
}

function pictureOf(spec: DrawnSpec): string | null {
  const { family, variant } = spec.model;
  if (family === "sd3") return variant === "large-turbo" ? "sd35-turbo" : "sd35-large";
  if (family === "flux") {
    const isFill = variant === "fill" || (spec.kind === "inpaint" && spec.method === "fill");
    return isFill ? "flux-fill" : `flux-${variant === "schnell" ? "schnell" : "dev"}`;
  }
  return family === "wan21" || family === "wan22" ? null : family;
}
