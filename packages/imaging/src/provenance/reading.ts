/** The tools whose words are understood. */
export type ProvenanceTool = "loramill" | "a1111" | "comfyui" | "invokeai" | "swarmui" | "fooocus" | "novelai";

/** What a picture was drawn with; null where nothing says so. */
export interface DrawnWith {
  /** A whole number as text: ComfyUI's go up to 2^64. */
  readonly seed: string | null;
  readonly steps: number | null;
  readonly guidance: number | null;
  readonly sampler: string | null;
  readonly scheduler: string | null;
  /** In pixels, as asked for. */
  readonly width: number | null;
  readonly height: number | null;
  /** 0 to 1: how much of a given picture was drawn anew. */
  readonly denoisingStrength: number | null;
  readonly clipSkip: number | null;
}

export interface ReadLora {
  /** Without folder and extension. */
  readonly name: string;
  readonly weight: number | null;
  /** As the tool writes it: the beginning of a digest, in hexadecimal. */
  readonly hash: string | null;
}

/** How a picture was made, in the words of whichever tool. */
export interface Reading {
  readonly tool: ProvenanceTool;
  /** Without the tags of LoRAs, which are in `loras`. */
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly settings: DrawnWith;
  readonly model: { readonly name: string | null; readonly hash: string | null } | null;
  readonly loras: readonly ReadLora[];
  /** Settings under the tool's own names, those that `settings` has no place for. */
  readonly other: Readonly<Record<string, string>>;
}

export const nothingSaid: DrawnWith = {
  seed: null,
  steps: null,
  guidance: null,
  sampler: null,
  scheduler: null,
  width: null,
  height: null,
  denoisingStrength: null,
  clipSkip: null,
};

/** A file's name as people know it: without folder and the extension of weights. */
export function plainFileName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? "").replace(/\.(?:safetensors|sft|ckpt|pt2?|pth|bin|gguf)$/i, "");
}
