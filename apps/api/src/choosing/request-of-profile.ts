import type { JsonObject } from "@loramill/contracts";

type Request = JsonObject & { readonly kind: "text-to-image" | "text-to-video" };

/** Profiles that are more than their family. Those that need files beside a prompt are told by their base model alone. */
const MODELS: Readonly<Record<string, Request>> = {
  "sd35-large": { kind: "text-to-image", model: { family: "sd3" } },
  "sd35-turbo": { kind: "text-to-image", model: { family: "sd3", variant: "large-turbo" } },
  "flux-dev": { kind: "text-to-image", model: { family: "flux" } },
  "flux-schnell": { kind: "text-to-image", model: { family: "flux", variant: "schnell" } },
  animatediff: { kind: "text-to-video", model: { family: "sd15" } },
  hotshotxl: { kind: "text-to-video", model: { family: "sdxl" } },
  "wan22-a14b": { kind: "text-to-video", model: { family: "wan22" } },
  "wan22-a14b-4step": { kind: "text-to-video", model: { family: "wan22" } },
  "wan22-ti2v-5b": { kind: "text-to-video", model: { family: "wan22", variant: "5b" } },
};

/** The request that is drawn by a profile, without a prompt; a picture or clip from text. */
export function requestOfProfile(model: string): Request {
  return MODELS[model] ?? { kind: "text-to-image", model: { family: model } };
}
