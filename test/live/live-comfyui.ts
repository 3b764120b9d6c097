import { z } from "zod";

export interface LiveComfyUi {
  /** The smallest checkpoint of a family that can be told; null where there is none. */
  readonly checkpoint: { readonly name: string; readonly family: "sd15" | "sdxl" } | null;
  /** Of clips, as far as the server has nodes that save them. */
  readonly clipFormats: readonly ("mp4" | "webm" | "webp")[];
  /** Prompts of an owner that run or wait. */
  queued(owner: string): Promise<number>;
  /** Lets the server forget what it has done for an owner, and nothing else. */
  forget(owner: string): Promise<void>;
}

const Item = z.tuple([z.unknown(), z.string(), z.unknown(), z.unknown()]).rest(z.unknown());
const Queue = z.object({ queue_running: z.array(Item), queue_pending: z.array(Item) });
const History = z.record(z.string(), z.object({ prompt: Item }));
const Extra = z.object({ extra_pnginfo: z.object({ workflow: z.object({ id: z.string() }) }) });
const Sized = z.array(z.object({ name: z.string(), size: z.number().catch(Number.POSITIVE_INFINITY) }));
const Checkpoints = z.object({
  CheckpointLoaderSimple: z.object({ input: z.object({ required: z.object({ ckpt_name: z.array(z.unknown()) }) }) }),
});

const SAVERS = { mp4: "SaveVideo", webm: "SaveWEBM", webp: "SaveAnimatedWEBP" } as const;
/** Models that are no whole checkpoint of SD1.5 or SDXL, whatever their folder. */
const OTHERS = /flux|sd3|3\.5|wan|svd|video|refiner|inpaint|cascade|hunyuan|ltx|qwen|turbo3|audio|mochi/i;

/**
 * Looks what a server has. `COMFYUI_LIVE_CHECKPOINT` and `COMFYUI_LIVE_FAMILY` (sd15 or sdxl) choose a checkpoint instead of the
 * smallest one, whose family is guessed by its name.
 */
export async function openLiveComfyUi(
  { url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  env: Readonly<Record<string, string | undefined>>,
): Promise<LiveComfyUi> {
  const base = url.replace(/\/*$/, "");
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${base}${path}`, {
      headers: { ...headers, "content-type": "application/json" },
      ...sent,
    });
    const text = await answer.text();
    return answer.ok && text !== "" ? JSON.parse(text) : null;
  };
  const has = async (type: string) => Object.hasOwn(Object(await ask(`/object_info/${type}`)), type);
  const formats = Object.entries(SAVERS).map(async ([format, saver]) => ((await has(saver)) ? [format] : []));
  const isOf = (owner: string, item: z.output<typeof Item>) =>
    Extra.safeParse(item[3]).data?.extra_pnginfo.workflow.id === owner;

  return {
    checkpoint: await chooseCheckpoint(ask, env),
    clipFormats: (await Promise.all(formats)).flat() as LiveComfyUi["clipFormats"],
    async queued(owner) {
      const { queue_running: running, queue_pending: pending } = Queue.parse(await ask("/queue"));
      return [...running, ...pending].filter((item) => isOf(owner, item)).length;
    },
    async forget(owner) {
      const history = History.parse((await ask("/history")) ?? {});
      const own = Object.entries(history).flatMap(([id, { prompt }]) => (isOf(owner, prompt) ? [id] : []));
      if (own.length > 0) await ask("/history", { delete: own });
    },
  };
}

async function chooseCheckpoint(
  ask: (path: string) => Promise<unknown>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LiveComfyUi["checkpoint"]> {
  const familyOf = (name: string) => (/xl|pony|illustrious/i.test(name) ? ("sdxl" as const) : ("sd15" as const));
  const { COMFYUI_LIVE_CHECKPOINT: given, COMFYUI_LIVE_FAMILY: family } = env;
  if (given !== undefined)
    return { name: given, family: family === "sdxl" || family === "sd15" ? family : familyOf(given) };
  const info = Checkpoints.safeParse(await ask("/object_info/CheckpointLoaderSimple")).data;
  const [options, settings] = info?.CheckpointLoaderSimple.input.required.ckpt_name ?? [];
  const list = Array.isArray(options)
    ? options
    : z.object({ options: z.array(z.unknown()) }).safeParse(settings).data?.options;
  const sizes = new Map(
    Sized.safeParse(await ask("/experiment/models/checkpoints")).data?.map((file) => [file.name, file.size]),
  );
  const sizeOf = (name: string) => sizes.get(name) ?? Number.POSITIVE_INFINITY;
  const names = z
    .array(z.string())
    .catch([])
    .parse(list)
    .filter((name) => !OTHERS.test(name));
  // Among equals SD1.5 is the quicker one.
  const [best] = names.toSorted((a, b) => sizeOf(a) - sizeOf(b) || familyOf(a).localeCompare(familyOf(b)));
  return best === undefined ? null : { name: best, family: familyOf(best) };
}
