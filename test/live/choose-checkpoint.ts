import { z } from "zod";

/** A checkpoint that pictures are drawn with, and what it is. */
export interface LiveCheckpoint {
  readonly name: string;
  readonly family: "sd15" | "sdxl";
}

/** Asks a server; null for a route that it does not have. */
export type Ask = (path: string, body?: unknown) => Promise<unknown>;

const Sized = z.array(z.object({ name: z.string(), size: z.number().catch(Number.POSITIVE_INFINITY) }));
const Checkpoints = z.object({
  CheckpointLoaderSimple: z.object({ input: z.object({ required: z.object({ ckpt_name: z.array(z.unknown()) }) }) }),
});
/** Models that are no whole checkpoint of SD1.5 or SDXL that draws from text, whatever their folder. */
const OTHERS =
  /flux|(?:sd|diffusion)[-_.]?[23]|v2-1|unclip|\bwan|svd|video|motion|refiner|inpaint|pix2pix|depth|cascade|hunyuan|ltx|qwen|audio|mochi|pixart|aura|chroma|lumina|sd[-_]turbo/i;
const FILES = /\.(?:safetensors|sft|ckpt)$/i;

const familyOf = (name: string): LiveCheckpoint["family"] => (/xl|pony|illustrious|noob/i.test(name) ? "sdxl" : "sd15");

/**
 * The smallest checkpoint of a family that can be told by its name; null where there is none. `COMFYUI_LIVE_CHECKPOINT` and
 * `COMFYUI_LIVE_FAMILY` (sd15 or sdxl) choose one instead. Throws where the server does not list what was chosen.
 */
export async function chooseCheckpoint(
  ask: Ask,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LiveCheckpoint | null> {
  const listed = await listCheckpoints(ask);
  const { COMFYUI_LIVE_CHECKPOINT: given, COMFYUI_LIVE_FAMILY: family } = env;
  if (given !== undefined) {
    if (!listed.includes(given)) {
      throw new Error(`COMFYUI_LIVE_CHECKPOINT: the server has no ${given}, but ${listed.join(", ") || "none"}`);
    }
    return { name: given, family: family === "sdxl" || family === "sd15" ? family : familyOf(given) };
  }
  const { data: files = [] } = Sized.safeParse(await ask("/experiment/models/checkpoints"));
  const sizes = new Map(files.map(({ name, size }) => [name, size]));
  // A server that does not tell sizes is taken at its word that all are equal; of equals SD1.5 is the quicker one.
  const sizeOf = (name: string) => sizes.get(name) ?? Number.MAX_SAFE_INTEGER;
  const [best] = listed
    .filter((name) => FILES.test(name) && !OTHERS.test(name))
    .toSorted((a, b) => sizeOf(a) - sizeOf(b) || familyOf(a).localeCompare(familyOf(b)));
  return best === undefined ? null : { name: best, family: familyOf(best) };
}

async function listCheckpoints(ask: Ask): Promise<readonly string[]> {
  const info = Checkpoints.safeParse(await ask("/object_info/CheckpointLoaderSimple")).data;
  const [options, settings] = info?.CheckpointLoaderSimple.input.required.ckpt_name ?? [];
  const list = Array.isArray(options)
    ? options
    : z.object({ options: z.array(z.unknown()) }).safeParse(settings).data?.options;
  return z.array(z.string()).catch([]).parse(list);
}
