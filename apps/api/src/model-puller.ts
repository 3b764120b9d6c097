import { join } from "node:path";
import type { BaseModel, Catalog, Leadership } from "@loramill/catalog";
import { type BlobStore, type Logger, type ModelPull, toErrorRecord, UserError } from "@loramill/contracts";
import type { ModelFetcher } from "@loramill/storage";
import { storeLocalFile } from "./store-local-file.ts";

export interface ModelPuller {
  /** Fetches what is missing of a model, in the background; a pull under way goes on. UserError `wrong-state`. */
  start(model: BaseModel): Promise<ModelPull>;
  /** The pull under way, or the last one of this process; null before any. */
  status(id: string): ModelPull | null;
  close(): Promise<void>;
}

export interface ModelPullerDeps {
  readonly catalog: Pick<Catalog, "models" | "tryToLead">;
  readonly blobs: BlobStore;
  readonly fetcher: ModelFetcher;
  /** Such as https://huggingface.co; files lie under `<repository>/resolve/<revision>/`. */
  readonly hubUrl: string;
  readonly token: string | null;
  readonly log: Logger;
}

/** How often the hold on a model is looked after. */
const CHECK_MS = 2_000;

/** Pulls base models into the store: one process at a time per model, each file written down as soon as it is there. */
export function createModelPuller(deps: ModelPullerDeps): ModelPuller {
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
    pulls.set(model.id, { state: "succeeded", path: "", done: 0, total: 0, error: null });
  }

  /** The hold of an earlier pull of this process is given up first. */
  async function takeHold(id: string): Promise<Leadership> {
    await working.get(id);
    const hold = await deps.catalog.tryToLead({ lock: `pull ${id}`, checkMs: CHECK_MS });
    if (hold !== null) return hold;
    throw new UserError(`${id} is being pulled by another process: look again when it has ended`, {
      code: "wrong-state",
    });
  }

  return {
    async start(model) {
      const before = pulls.get(model.id);
      if (before?.state === "running") return before;
      const begun: ModelPull = { state: "running", path: "", done: 0, total: null, error: null };
      pulls.set(model.id, begun);
      let hold: Leadership;
      try {
        hold = await takeHold(model.id);
      } catch (error) {
        pulls.delete(model.id);
        throw error;
      }
      const work = pull(model, AbortSignal.any([closing.signal, hold.lost]))
        .catch((error: unknown) => {
          const { message } = toErrorRecord(withAdvice(error, model));
          const at = pulls.get(model.id) ?? begun;
          pulls.set(model.id, { ...at, state: "failed", error: message });
          deps.log.warn({ model: model.id, path: at.path, error: message }, "a pull failed");
        })
        .finally(async () => {
          await hold.resign();
          working.delete(model.id);
        });
      working.set(model.id, work);
      return begun;
    },
    status: (id) => pulls.get(id) ?? null,
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
