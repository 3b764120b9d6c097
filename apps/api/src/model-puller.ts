import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { BaseModel, Catalog, Leadership } from "@loramill/catalog";
import { type BlobStore, type Logger, type ModelPull, toErrorRecord, UserError } from "@loramill/contracts";
import type { ModelFetcher } from "@loramill/storage";
import { storeLocalFile } from "./store-local-file.ts";

export interface ModelPuller {
  /** Fetches what is missing of a model, in the background; a pull under way goes on, here or in another process. */
  start(model: BaseModel): Promise<ModelPull>;
  /** The pull under way, or the last one, of whichever process is at it; null before any. */
  status(id: string): Promise<ModelPull | null>;
  close(): Promise<void>;
}

export interface ModelPullerDeps {
  readonly catalog: Pick<Catalog, "models" | "modelPulls" | "tryToLead">;
  readonly blobs: BlobStore;
  readonly fetcher: ModelFetcher;
  /** Such as https://huggingface.co; files lie under `<repository>/resolve/<revision>/`. */
  readonly hubUrl: string;
  readonly token: string | null;
  readonly log: Logger;
}

/** How often the hold on a model is looked after, and others are told how its pull goes. */
const CHECK_MS = 2_000;
const BEGUN: ModelPull = { state: "running", path: "", done: 0, total: null, error: null };

/** Pulls base models into the store: one process at a time per model, each file written down as soon as it is there. */
export function createModelPuller(deps: ModelPullerDeps): ModelPuller {
  /** Those of this process that are under way. */
  const pulls = new Map<string, ModelPull>();
  const working = new Map<string, Promise<void>>();
  const closing = new AbortController();

  async function pull(model: BaseModel, signal: AbortSignal): Promise<void> {
    for (const file of model.files) {
      if (file.sha256 !== null && (await deps.blobs.has(file.sha256))) continue;
      const at = { state: "running" as const, path: file.path, error: null };
      pulls.set(model.id, { ...at, done: 0, total: file.bytes });
      const { source } = model;
      const blob =
        source.type === "path"
          ? await storeLocalFile(join(source.folder, file.path), { blobs: deps.blobs, sha256: file.sha256, signal })
          : await deps.fetcher.fetch({
              url: urlOf(source, file.path, deps.hubUrl),
              signal,
              onBytes: (done, total) => pulls.set(model.id, { ...at, done, total }),
              ...(source.type === "hub" && deps.token !== null ? { token: deps.token } : {}),
              ...(file.sha256 === null ? {} : { sha256: file.sha256 }),
            });
      await deps.catalog.models.setFile(model.id, { path: file.path, sha256: blob.sha256, bytes: blob.bytes });
    }
  }

  /** Pulls to its end, which is written down before the hold is given up: whoever takes it next writes over that. */
  async function work(model: BaseModel, holder: string, hold: Leadership): Promise<void> {
    const { id } = model;
    const tell = (how: ModelPull) =>
      deps.catalog.modelPulls.tell(id, holder, how).catch((error: unknown) => {
        deps.log.warn({ model: id, error: toErrorRecord(error).message }, "could not write down how a pull goes");
      });
    const ended = new AbortController();
    const telling = (async () => {
      for (;;) {
        await delay(CHECK_MS, undefined, { signal: ended.signal }).catch(() => {});
        if (ended.signal.aborted) return;
        await tell(pulls.get(id) ?? BEGUN);
      }
    })();
    let end: ModelPull = { state: "succeeded", path: "", done: 0, total: 0, error: null };
    try {
      await pull(model, AbortSignal.any([closing.signal, hold.lost]));
    } catch (error) {
      const { message } = toErrorRecord(withAdvice(error, model));
      end = { ...(pulls.get(id) ?? BEGUN), state: "failed", error: message };
      deps.log.warn({ model: id, path: end.path, error: message }, "a pull failed");
    }
    ended.abort();
    await telling;
    await tell(end);
    pulls.delete(id);
    await hold.resign();
  }

  /** Begins a pull, unless another process is at one. */
  async function begin(model: BaseModel): Promise<ModelPull> {
    const { id } = model;
    const hold = await deps.catalog.tryToLead({ lock: `pull ${id}`, checkMs: CHECK_MS });
    if (hold === null) {
      const other = await deps.catalog.modelPulls.find(id);
      pulls.delete(id);
      // Who has the lock may be about to write that it began, or have written that it ended: a next look tells.
      return other?.state === "running" ? other : BEGUN;
    }
    let holder: string;
    try {
      holder = await deps.catalog.modelPulls.begin(id, BEGUN);
    } catch (error) {
      await hold.resign();
      throw error;
    }
    working.set(
      id,
      work(model, holder, hold).finally(() => working.delete(id)),
    );
    return BEGUN;
  }

  return {
    async start(model) {
      const under = pulls.get(model.id);
      if (under !== undefined) return under;
      // Before anything is waited for: of two calls one begins.
      pulls.set(model.id, BEGUN);
      try {
        // An earlier pull of this process may still be giving up its hold.
        await working.get(model.id);
        return await begin(model);
      } catch (error) {
        pulls.delete(model.id);
        throw error;
      }
    },
    status: async (id) => pulls.get(id) ?? deps.catalog.modelPulls.find(id),
    async close() {
      closing.abort(new UserError("the API is closing; pull again to go on from what is there", { code: "cancelled" }));
      await Promise.all(working.values());
      await deps.fetcher.close();
    },
  };
}

type WebSource = Exclude<BaseModel["source"], { type: "path" }>;

function urlOf(source: WebSource, path: string, hubUrl: string): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  if (source.type === "url") return `${source.base.replace(/\/+$/, "")}/${encoded}`;
  return `${hubUrl.replace(/\/+$/, "")}/${source.repository}/resolve/${encodeURIComponent(source.revision)}/${encoded}`;
}

/** Gated files are had in two steps that no program can take for a person. */
function withAdvice(error: unknown, { id, licence, source }: BaseModel): unknown {
  if (!(error instanceof UserError) || error.code !== "model-forbidden") return error;
  const page = licence?.page ?? (source.type === "hub" ? `the page of ${source.repository}` : "its page");
  const name = licence === null ? "its licence" : `its licence (${licence.name})`;
  return new UserError(
    `${error.message}. ${id} is gated: accept ${name} at ${page}, set HUGGINGFACE_TOKEN of the API to a token of that account, and pull again`,
    { code: "model-gated", details: { page }, cause: error },
  );
}
