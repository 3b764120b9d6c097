import { z } from "zod";

/** A file on the server, as `/view` finds it. */
export const RemoteFile = z.object({
  filename: z.string().min(1).max(512),
  subfolder: z.string().max(512).default(""),
  type: z.enum(["output", "temp", "input"]).default("output"),
});
export type RemoteFile = z.output<typeof RemoteFile>;

export type OutputKind = "image" | "video" | "audio" | "tensors" | "other";

export interface OutputFile extends RemoteFile {
  readonly node: string;
  readonly kind: OutputKind;
}

const KINDS: readonly (readonly [OutputKind, RegExp])[] = [
  ["image", /\.(?:png|jpe?g|webp|gif|bmp|tiff?|avif|exr)$/i],
  ["video", /\.(?:mp4|webm|mkv|mov|avi|m4v)$/i],
  ["audio", /\.(?:flac|mp3|wav|ogg|opus|m4a)$/i],
  ["tensors", /\.(?:safetensors|sft|ckpt|pt|pth|bin|latent)$/i],
];

/**
 * Every file that a history entry or an `executed` message names, whatever its key: core videos come under `images`,
 * those of VideoHelperSuite under `gifs`. Nodes that save weights name nothing at all.
 */
export function collectOutputs(outputs: unknown): OutputFile[] {
  const byNode = z.record(z.string(), z.record(z.string(), z.unknown()).catch({})).safeParse(outputs).data ?? {};
  const files: OutputFile[] = [];
  for (const [node, output] of Object.entries(byNode)) {
    for (const value of Object.values(output)) {
      if (!Array.isArray(value)) continue;
      for (const one of value) {
        const file = RemoteFile.safeParse(one).data;
        if (file !== undefined) files.push({ ...file, node, kind: kindOf(file.filename) });
      }
    }
  }
  return files;
}

const kindOf = (filename: string): OutputKind => KINDS.find(([, pattern]) => pattern.test(filename))?.[0] ?? "other";
