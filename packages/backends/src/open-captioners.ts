import { describeCaptioner, metadataCaptioner, sidecarCaptioner, simpleCaptioner } from "@loramill/captioning";
import type { Captioner, CaptionProvider, TextModel } from "@loramill/contracts";
import type { CaptionerOptions } from "./captioner-config.ts";
import { createHuggingFaceCaptioner } from "./huggingface/huggingface-captioner.ts";
import { createOllamaCaptioner } from "./ollama/ollama-captioner.ts";
import { type CaptionerParts, createOpenAiCaptioner, type OpenedCaptioner } from "./openai/openai-captioner.ts";
import { createOpenAiTextModel } from "./openai/openai-text-model.ts";
import { createReplicateCaptioner } from "./replicate/replicate-captioner.ts";

/** A captioner beside the name that a spec asks for it by. */
export interface OfferedCaptioner {
  readonly provider: CaptionProvider;
  readonly captioner: Captioner;
}

export interface OpenedCaptioners {
  /** In the order in which `auto` tries them; then those that are taken only on request. */
  readonly all: readonly OfferedCaptioner[];
  /** What makes one caption of several, where it is configured. */
  readonly fuser: TextModel | null;
  close(): Promise<void>;
}

/** A captioner that was opened elsewhere, such as a model on this machine; closed with the others. */
export interface LocalCaptioner {
  readonly provider: CaptionProvider;
  readonly captioner: OpenedCaptioner;
}

/** The captioners of an installation: the configured endpoints, then `local`, then those that need nothing. */
export function openCaptioners(
  options: CaptionerOptions,
  parts: CaptionerParts,
  local: readonly LocalCaptioner[] = [],
): OpenedCaptioners {
  const { openai, ollama, huggingface, replicate } = options;
  const opened: LocalCaptioner[] = [
    ...(openai === null ? [] : [{ provider: "openai" as const, captioner: createOpenAiCaptioner(openai, parts) }]),
    ...(ollama === null ? [] : [{ provider: "ollama" as const, captioner: createOllamaCaptioner(ollama, parts) }]),
    ...(huggingface === null
      ? []
      : [{ provider: "huggingface" as const, captioner: createHuggingFaceCaptioner(huggingface, parts) }]),
    ...(replicate === null
      ? []
      : [{ provider: "replicate" as const, captioner: createReplicateCaptioner(replicate, parts) }]),
    ...local,
  ];
  const fuser = options.fuser === null ? null : createOpenAiTextModel(options.fuser, parts);
  return {
    all: [
      ...opened,
      { provider: "describe", captioner: describeCaptioner },
      { provider: "simple", captioner: simpleCaptioner },
      { provider: "metadata", captioner: metadataCaptioner },
      { provider: "sidecar", captioner: sidecarCaptioner },
    ],
    fuser,
    close: async () => {
      await Promise.all([...opened.map(({ captioner }) => captioner.close()), fuser?.close()]);
    },
  };
}
