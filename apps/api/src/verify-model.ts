import type { BaseModel } from "@loramill/catalog";
import { type ModelVerification, type ModelVerifyProgress, PermanentError, type Stores } from "@loramill/contracts";

type Verdict = ModelVerification["files"][number]["verdict"];

/** Often enough at a slow store too for proxies, which cut a connection that says nothing for a minute or so. */
const TELL_EVERY_BYTES = 16 * 1024 * 1024;

/**
 * Reads every file of a model in the store, which compares the digest of what it hands out whole, and tells how far it is
 * as it goes. Ends with the verdicts.
 */
export async function* verifyModel(
  { id, files }: Pick<BaseModel, "id" | "files">,
  { stores, signal }: { readonly stores: Pick<Stores, "blobs">; readonly signal: AbortSignal },
): AsyncGenerator<ModelVerifyProgress, ModelVerification> {
  const verdicts: ModelVerification["files"] = [];
  for (const { path, sha256, bytes } of files) {
    yield { path, done: 0, total: bytes };
    const verdict = sha256 === null ? "missing" : yield* read(sha256, { path, total: bytes });
    verdicts.push({ path, verdict });
  }
  return { id, files: verdicts };

  async function* read(
    sha256: string,
    of: { readonly path: string; readonly total: number | null },
  ): AsyncGenerator<ModelVerifyProgress, Verdict> {
    if (!(await stores.blobs.has(sha256))) return "missing";
    let told = 0;
    let done = 0;
    try {
      for await (const chunk of (await stores.blobs.open({ sha256 }, { signal })).body) {
        done += chunk.length;
        if (done - told < TELL_EVERY_BYTES) continue;
        told = done;
        yield { ...of, done };
      }
      return "right";
    } catch (error) {
      if (error instanceof PermanentError && error.code === "blob-corrupt") return "damaged";
      throw error;
    }
  }
}
