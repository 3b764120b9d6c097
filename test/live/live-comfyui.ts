import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { type Ask, chooseCheckpoint, type LiveCheckpoint } from "./choose-checkpoint.ts";

export interface LiveComfyUi {
  readonly version: string;
  /** Whether it draws on a processor alone. */
  readonly isSlow: boolean;
  /** Null where there is none that can be told. */
  readonly checkpoint: LiveCheckpoint | null;
  /** Of clips, as far as the server has nodes that save them. */
  readonly clipFormats: readonly ("mp4" | "webm" | "webp")[];
  /** Prompts of an owner that run or wait. */
  queued(owner: string): Promise<number>;
  /** Lets the server forget what it has done for an owner, and nothing else. */
  forget(owner: string): Promise<void>;
  /** The same, once what still runs or waits for the owner is stopped. */
  tidy(owner: string): Promise<void>;
}

const Item = z.tuple([z.unknown(), z.string(), z.unknown(), z.unknown()]).rest(z.unknown());
const Queue = z.object({ queue_running: z.array(Item), queue_pending: z.array(Item) });
const History = z.record(z.string(), z.object({ prompt: Item }));
const Extra = z.object({ extra_pnginfo: z.object({ workflow: z.object({ id: z.string() }) }) });
const System = z.object({
  system: z.object({ comfyui_version: z.string().catch("unknown") }),
  devices: z.array(z.object({ type: z.string().catch("") })).catch([]),
});

const SAVERS = { mp4: "SaveVideo", webm: "SaveWEBM", webp: "SaveAnimatedWEBP" } as const;
/** A server that loads a model from a slow disk answers nothing for a while. */
const ANSWER_MS = 300_000;
/** Entries of the history that are looked through: it holds whole graphs. */
const HISTORY_ITEMS = 500;
const TIDY_MS = 100_000;

/** Looks what a server has. Throws, with what to do, where it does not answer or wants a key. */
export async function openLiveComfyUi(
  { url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  env: Readonly<Record<string, string | undefined>>,
): Promise<LiveComfyUi> {
  const base = url.replace(/\/*$/, "");
  const ask: Ask = async (path, body) => {
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${base}${path}`, {
      headers: { ...headers, "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...sent,
    }).catch((cause: unknown) => {
      throw new Error("COMFYUI_API_URL: nothing answers there; start ComfyUI with --listen, or correct it", { cause });
    });
    const text = await answer.text();
    if (answer.status === 404 || answer.status === 405) return null;
    if (answer.ok) return text === "" ? null : JSON.parse(text);
    const why = answer.status === 401 || answer.status === 403 ? ": set COMFYUI_API_KEY as its proxy wants it" : "";
    throw new Error(`ComfyUI answered ${answer.status} to ${path}${why}`);
  };
  const has = async (type: string) => Object.hasOwn(Object(await ask(`/object_info/${type}`)), type);
  const formats = Object.entries(SAVERS).map(async ([format, saver]) => ((await has(saver)) ? [format] : []));
  const isOf = (owner: string, item: z.output<typeof Item>) =>
    Extra.safeParse(item[3]).data?.extra_pnginfo.workflow.id === owner;
  const own = async (owner: string) => {
    const { queue_running: running, queue_pending: pending } = Queue.parse(await ask("/queue"));
    const idsOf = (items: readonly z.output<typeof Item>[]) =>
      items.filter((item) => isOf(owner, item)).map(([, id]) => id);
    return { running: idsOf(running), pending: idsOf(pending) };
  };
  const { system, devices } = System.parse(await ask("/system_stats"));

  async function forget(owner: string): Promise<void> {
    const history = History.parse((await ask(`/history?max_items=${HISTORY_ITEMS}`)) ?? {});
    const ids = Object.entries(history).flatMap(([id, { prompt }]) => (isOf(owner, prompt) ? [id] : []));
    if (ids.length > 0) await ask("/history", { delete: ids });
  }

  return {
    version: system.comfyui_version,
    isSlow: devices.every(({ type }) => type === "cpu"),
    checkpoint: await chooseCheckpoint(ask, env),
    clipFormats: (await Promise.all(formats)).flat() as LiveComfyUi["clipFormats"],
    async queued(owner) {
      const { running, pending } = await own(owner);
      return running.length + pending.length;
    },
    forget,
    async tidy(owner) {
      const deadline = performance.now() + TIDY_MS;
      for (;;) {
        const { running, pending } = await own(owner);
        if ((running.length === 0 && pending.length === 0) || performance.now() > deadline) break;
        if (pending.length > 0) await ask("/queue", { delete: pending });
        // Each by its id: a bare interrupt would hit whatever runs just then.
        for (const id of running) await ask("/interrupt", { prompt_id: id });
        await pause(500);
      }
      await forget(owner);
    },
  };
}
