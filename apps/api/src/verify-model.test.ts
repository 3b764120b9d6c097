import { createHash } from "node:crypto";
import { PermanentError, type Stores } from "@loramill/contracts";
import { expect, test } from "vitest";
import { verifyModel } from "./verify-model.ts";

const MIB = 1024 * 1024;
const digestOf = (name: string) => createHash("sha256").update(name).digest("hex");

/** A store whose files come in pieces of a mebibyte; one of `broken` is not what its digest says. */
function storeOf(sizes: Readonly<Record<string, number>>, broken: readonly string[] = []): Pick<Stores, "blobs"> {
  const names = new Map(Object.keys(sizes).map((name) => [digestOf(name), name]));
  const body = async function* (name: string) {
    for (let sent = 0; sent < (sizes[name] ?? 0); sent += 1) yield new Uint8Array(MIB);
    if (broken.includes(name)) throw new PermanentError("it is another", { code: "blob-corrupt" });
    if (name === "away") throw new Error("the store is away");
  };
  const open = async ({ sha256 }: { sha256: string }) => ({ body: body(names.get(sha256) ?? "") });
  return { blobs: { has: async (sha256: string) => names.has(sha256), open } as unknown as Stores["blobs"] };
}

const model = (...paths: string[]) => ({
  id: "owner/model",
  files: paths.map((path) => ({ path, sha256: digestOf(path), bytes: 40 * MIB })),
});

async function run(steps: ReturnType<typeof verifyModel>) {
  const progress: string[] = [];
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return { progress, files: value.files };
    progress.push(`${value.path} ${value.done / MIB}`);
  }
}

const { signal } = new AbortController();

test("every file is read to its end and judged, and how far it is told often enough for a proxy", async () => {
  const stores = storeOf({ good: 40, bad: 1 }, ["bad"]);
  const { progress, files } = await run(verifyModel(model("good", "bad", "none"), { stores, signal }));
  expect(files).toEqual([
    { path: "good", verdict: "right" },
    { path: "bad", verdict: "damaged" },
    { path: "none", verdict: "missing" },
  ]);
  expect(progress).toEqual(["good 0", "good 16", "good 32", "bad 0", "none 0"]);
});

test("a store that is away is no verdict", async () => {
  const stores = storeOf({ away: 1 });
  await expect(run(verifyModel(model("away"), { stores, signal }))).rejects.toThrow("the store is away");
});
