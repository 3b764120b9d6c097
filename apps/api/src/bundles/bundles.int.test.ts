import { BundleManifest, makeManifest, writeBundle } from "@loramill/bundles";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import {
  blobKey,
  canonicalJson,
  type Digest,
  type PlanLock,
  type ProjectId,
  type RunId,
  type StepKind,
  sha256Hex,
} from "@loramill/contracts";
import { stepKey } from "@loramill/orchestration";
import { tinyLora } from "@loramill/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunksOf, exported, imported, makeRun, openTestMill, type TestMill } from "../../test/bundle-bench.ts";

let server: TestServer;
let here: TestMill;
let there: TestMill;
beforeAll(async () => {
  server = await startTestServer();
  [here, there] = [await openTestMill(server), await openTestMill(server)];
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await server.stop();
});

/** Rows of every table that an import writes, of all projects. */
async function rowsOf({ catalog }: TestMill): Promise<Record<string, number>> {
  const tables = [
    ...[
      "runs",
      "steps",
      "run_events",
      "imports",
      "imported_results",
      "loras",
      "lora_aliases",
      "lora_ratings",
      "ledger",
    ],
    ...["dataset_versions", "images", "captions", "generations", "recipes", "artifacts"],
  ];
  const counts = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await catalog.pool.query<{ count: number }>(`select count(*)::int from loramill.${table}`);
      return [table, rows[0]?.count ?? 0] as const;
    }),
  );
  return Object.fromEntries(counts);
}

async function claimsOf({ catalog }: TestMill, project: ProjectId, run: RunId): Promise<string[]> {
  const view = await here.catalog.runs.get({ run });
  const steps = view?.steps ?? [];
  const found = await catalog.dispatch.importedResults(steps.map(({ key }) => ({ project, key: key as Digest })));
  return steps.filter(({ key }) => found.has(`${project}/${key}`)).map(({ name }) => name);
}

const ALL = ["source", "prepare", "dataset", "caption", "train", "generate"];

describe("a run in a bundle", () => {
  test("comes over with its steps, its library, its events, and what it cost elsewhere", async () => {
    const run = await makeRun(here, "whole");
    const { archive, bytes, manifest } = await exported(here, run);
    expect(archive.byteLength).toBe(bytes);
    expect((await exported(here, run)).archive.equals(archive)).toBe(true);
    const answer = await imported(there, archive, there);
    expect(answer).toMatchObject({
      ...{ kind: "run", name: "whole", isNew: true, bundle: manifest.digest, loras: { added: 1, there: 0 } },
      ...{ datasets: { added: 1, there: 0 }, warnings: [] },
    });
    expect(answer.steps.map(({ step, reusable }) => [step, reusable])).toEqual(ALL.map((step) => [step, true]));
    const copy = answer.run as RunId;
    const [was, is] = [await here.catalog.runs.get({ run }), await there.catalog.runs.get({ run: copy })];
    expect(is).toMatchObject({
      ...{ state: "succeeded", spentMicroUsd: 0, project: "default" },
      imported: {
        originRun: run,
        originProject: "default",
        exportedBy: "loramill 0.1.0",
        paidElsewhereMicroUsd: 41_000,
      },
    });
    const facts = ({ name, key, output, items, state }: NonNullable<typeof is>["steps"][number]) => ({
      name,
      key,
      output,
      items,
      state,
    });
    expect(is?.steps.map(facts)).toEqual(was?.steps.map(facts));
    expect(await there.catalog.costs.get({ run: copy })).toMatchObject({
      ...{ totalMicroUsd: 0, entries: [] },
      paidElsewhere: { totalMicroUsd: 41_000, entries: [{ step: "train", supplier: "agent", amountMicroUsd: 41_000 }] },
    });
    const events = await there.catalog.events.list({ run: copy });
    expect(events.map(({ type }) => type)).toEqual([
      ...(await here.catalog.events.list({ run })).map(({ type }) => type),
      "run.imported",
    ]);
    const lora = await there.catalog.loras.find({ project: there.project, lora: "whole" });
    expect(lora).toMatchObject({ source: "trained", run: copy, triggerWords: ["zorb"], rank: 2 });
    const picture = await there.stores.blobs.read({ sha256: lora?.weightsSha256 ?? "" });
    expect(sha256Hex(picture)).toBe(lora?.weightsSha256);
    const [generation] = (await there.catalog.generations.list({ project: there.project, run: copy })).items;
    expect(generation).toMatchObject({ prompt: "zorb", run: copy });
    expect(await claimsOf(there, there.project, run)).toEqual(ALL);
  });

  test("changes nothing when it comes again, and is taken back without its work being counted twice", async () => {
    const run = await makeRun(here, "again");
    const { archive } = await exported(here, run);
    const first = await imported(there, archive, there);
    const before = await rowsOf(there);
    const second = await imported(there, archive, there);
    expect(second).toMatchObject({
      isNew: false,
      run: first.run,
      blobs: { added: 0 },
      documents: { added: 0 },
      loras: { added: 0, there: 1 },
    });
    expect(await rowsOf(there)).toEqual(before);
    const home = await imported(here, archive, here);
    expect(home).toMatchObject({ isNew: true, loras: { added: 0, there: 1 }, blobs: { added: 0 } });
  });

  test("is one run also when it comes twice at once", async () => {
    const { archive } = await exported(here, await makeRun(here, "twins"));
    const answers = await Promise.all([imported(there, archive, there), imported(there, archive, there)]);
    expect(answers.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
    expect(new Set(answers.map(({ run }) => run)).size).toBe(1);
    expect((await there.catalog.loras.list({ project: there.project, name: "twins" })).items).toHaveLength(1);
  });

  test("serves runs of the project that it was imported into, and no other", async () => {
    const run = await makeRun(here, "mine");
    const { archive } = await exported(here, run);
    const { id: cats } = await there.catalog.projects.ensure("cats");
    const answer = await imported(there, archive, { project: cats });
    expect(await claimsOf(there, cats, run)).toEqual(ALL);
    expect(await claimsOf(there, there.project, run)).toEqual([]);
    expect(await there.catalog.loras.find({ project: there.project, lora: "mine" })).toBeNull();
    expect(await there.catalog.runs.get({ run: answer.run as RunId, project: there.project })).toBeNull();
    const key = (await here.catalog.runs.get({ run }))?.steps[0]?.key as Digest;
    expect(await there.catalog.artifacts.find(key, cats)).not.toBeNull();
    expect(await there.catalog.artifacts.find(key, there.project)).toBeNull();
  });

  test("is only looked at with reuse off, which the next import switches on and the one after it off", async () => {
    const run = await makeRun(here, "distrusted");
    const { archive } = await exported(here, run);
    const looked = await imported(there, archive, { ...there, reuse: false });
    expect(looked.steps.every(({ reusable }) => !reusable)).toBe(true);
    expect(await claimsOf(there, there.project, run)).toEqual([]);
    expect(await imported(there, archive, there)).toMatchObject({ isNew: false, run: looked.run });
    expect(await claimsOf(there, there.project, run)).toEqual(ALL);
    await imported(there, archive, { ...there, reuse: false });
    expect(await claimsOf(there, there.project, run)).toEqual([]);
  });

  test("can leave pictures and images out: then only what is whole is reused, until they come", async () => {
    const run = await makeRun(here, "thin");
    const thin = await exported(here, run, ["pictures", "images"]);
    const whole = await exported(here, run);
    expect(thin.bytes).toBeLessThan(whole.bytes);
    const answer = await imported(there, thin.archive, there);
    expect(answer.steps.filter(({ reusable }) => reusable).map(({ step }) => step)).toEqual(["caption", "train"]);
    const outputOf = async (name: string) =>
      (await there.catalog.runs.get({ run: answer.run as RunId }))?.steps.find((step) => step.name === name)?.output;
    expect(await outputOf("generate")).toBeNull();
    expect((await there.catalog.generations.list({ project: there.project, run: answer.run as RunId })).items).toEqual(
      [],
    );
    expect(await imported(there, whole.archive, there)).toMatchObject({ isNew: false, run: answer.run });
    expect(await outputOf("generate")).not.toBeNull();
    expect(
      (await there.catalog.generations.list({ project: there.project, run: answer.run as RunId })).items,
    ).toHaveLength(1);
    expect(await claimsOf(there, there.project, run)).toEqual(ALL);
  });

  test("cannot be resumed, and cannot be exported before it has ended", async () => {
    const run = await makeRun(here, "ended");
    const answer = await imported(there, (await exported(here, run)).archive, there);
    await there.catalog.pool.query("update loramill.runs set state = 'failed' where id = $1", [answer.run]);
    expect(await there.catalog.runs.resume({ run: answer.run as RunId })).toBe("not-resumable");
    await here.catalog.pool.query("update loramill.runs set state = 'running' where id = $1", [run]);
    await expect(exported(here, run)).rejects.toMatchObject({ code: "wrong-state" });
    await here.catalog.pool.query("update loramill.runs set state = 'succeeded' where id = $1", [run]);
  });

  test("tells nothing that only its machine was to know", async () => {
    const run = await makeRun(here, "private");
    await here.catalog.pool.query(
      "update loramill.steps set reason = 'read /home/jo/secret/dogs.zip at https://jo:pass@host/x' where run = $1",
      [run],
    );
    const { archive } = await exported(here, run);
    expect(archive.includes("/home/jo")).toBe(false);
    expect(archive.includes("jo:pass")).toBe(false);
    expect(archive.includes("<path>")).toBe(true);
  });
});

describe("a bundle that is not right", () => {
  test("is refused with any byte changed or cut off, and nothing of it can be seen", async () => {
    const { archive } = await exported(here, await makeRun(here, "tampered"));
    const before = await rowsOf(there);
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.boolean(), async (at, cut) => {
        const other = Buffer.from(archive);
        other[at] = (other[at] ?? 0) ^ 0x20;
        await expect(imported(there, cut ? archive.subarray(0, at) : other, there)).rejects.toMatchObject({
          name: "UserError",
        });
      }),
      { numRuns: 60 },
    );
    expect(await rowsOf(there)).toEqual(before);
    expect(await imported(there, archive, there)).toMatchObject({ isNew: true });
  });

  /** The bundle with other files in it, under a manifest that is right. */
  async function forge(run: RunId, change: (files: Map<string, Buffer>) => void): Promise<Buffer> {
    const { manifest, open } = await exported(here, run);
    const files = new Map<string, Buffer>();
    for (const entry of manifest.entries) files.set(entry.path, Buffer.concat(await Array.fromAsync(open(entry))));
    change(files);
    const { digest: _, format: __, ...facts } = BundleManifest.parse(manifest);
    const entries = [...files].map(([path, body]) => ({ path, bytes: body.length, sha256: sha256Hex(body) }));
    const forged = makeManifest({ ...facts, entries });
    return Buffer.concat(
      await Array.fromAsync(writeBundle(forged, ({ path }) => [files.get(path) ?? Buffer.alloc(0)])),
    );
  }

  type Files = Map<string, Buffer>;
  const edit = (files: Files, path: string, change: (value: never) => void) => {
    const value = JSON.parse(String(files.get(path)));
    change(value as never);
    files.set(path, Buffer.from(canonicalJson(value)));
  };
  const firstOf = (files: Files, folder: string) => [...files.keys()].find((path) => path.startsWith(folder)) ?? "";
  const stepIn = (record: { steps: { name: StepKind; key: string; output: string }[] }, name: string) =>
    record.steps.find((step) => step.name === name) ?? { key: "", output: "" };

  test.each<[string, (files: Files) => void, RegExp]>([
    [
      "says that a key stands for another output",
      (files) =>
        edit(files, "run.json", (record) =>
          Object.assign(stepIn(record, "train"), { output: stepIn(record, "source").output }),
        ),
      /lacks|other|names|no lora/,
    ],
    [
      "says that its work has the key of other work",
      (files) => edit(files, "run.json", (record) => Object.assign(stepIn(record, "train"), { key: "0".repeat(64) })),
      /key of its step train/,
    ],
    [
      "has another plan than its run",
      (files) => edit(files, "plan.lock.json", (lock: { name: string }) => Object.assign(lock, { name: "other" })),
      /its plan is not the one/,
    ],
    [
      "lacks a document",
      (files) => files.delete(firstOf(files, "documents/generations/")),
      /it lacks documents\/generations/,
    ],
    ["lacks a blob", (files) => files.delete(firstOf(files, "blobs/")), /it lacks blobs/],
    [
      "holds a blob that nothing names",
      (files) => files.set(blobKey(sha256Hex("junk")), Buffer.from("junk")),
      /nothing in it names/,
    ],
    [
      "holds a document of no kind",
      (files) => files.set(`documents/evil/${sha256Hex("{}")}.json`, Buffer.from("{}")),
      /not known here/,
    ],
    ["has no plan", (files) => files.delete("plan.lock.json"), /needs plan.lock.json/],
    ["has another spec than a spec", (files) => files.set("spec.json", Buffer.from("{}")), /spec.json is not/],
    [
      "tells of events that there are not",
      (files) => files.set("events.jsonl", Buffer.from('{"at":"x"}\n')),
      /events.jsonl is not/,
    ],
    ["has a library of anything", (files) => files.set("library.json", Buffer.from("[]")), /library.json is not/],
    ["has no JSON", (files) => files.set("run.json", Buffer.from("run")), /run.json is no JSON/],
  ])("is refused when it %s, though every digest of it is right", async (_, change, message) => {
    const run = await forgedRun();
    const before = await rowsOf(there);
    await expect(imported(there, await forge(run, change), there)).rejects.toMatchObject({
      ...{ code: "bad-bundle", message: expect.stringMatching(message) },
    });
    expect(await rowsOf(there)).toEqual(before);
  });

  test("is refused when a LoRA's file is no LoRA, or holds other tensors than its document says", async () => {
    const run = await forgedRun();
    const weights = (await here.catalog.loras.find({ project: here.project, lora: "forged" }))?.weightsSha256 ?? "";
    const swap = async (body: Buffer) => {
      const archive = await forge(run, (files) => {
        const path = firstOf(files, "documents/lora/");
        const lora = JSON.parse(String(files.get(path)));
        files.delete(blobKey(weights));
        files.set(blobKey(sha256Hex(body)), body);
        lora.weights = { ...lora.weights, sha256: sha256Hex(body), bytes: body.length };
        replaceDocument(files, path, Buffer.from(canonicalJson(lora)));
      });
      return imported(there, archive, there);
    };
    await expect(swap(Buffer.from("no safetensors"))).rejects.toMatchObject({ code: "bad-bundle" });
    await expect(swap(tinyLora(["unet.other"], { rank: 3 }))).rejects.toThrow("other tensors than its document says");
  });

  /** Puts another document in the place of one, and its digest wherever the old one stands; keys are made anew. */
  function replaceDocument(files: Files, path: string, body: Buffer): void {
    const [, kind = "", name = ""] = path.split("/");
    const old = name.replace(".json", "");
    const digest = sha256Hex(body);
    files.delete(path);
    files.set(`documents/${kind}/${digest}.json`, body);
    for (const [other, text] of [...files]) {
      if (!other.endsWith(".json") || !text.includes(old)) continue;
      const changed = Buffer.from(String(text).replaceAll(old, digest));
      if (other.startsWith("documents/")) replaceDocument(files, other, changed);
      else files.set(other, changed);
    }
    edit(files, "run.json", (record: { steps: { name: string; key: string; inputs: Record<string, Digest> }[] }) => {
      const { steps } = JSON.parse(String(files.get("plan.lock.json"))) as PlanLock;
      for (const step of record.steps) {
        const planned = steps.find((one) => one.name === step.name);
        if (planned !== undefined) step.key = stepKey(planned, step.inputs);
      }
    });
  }

  let madeOnce: Promise<RunId> | undefined;
  function forgedRun(): Promise<RunId> {
    madeOnce ??= makeRun(here, "forged");
    return madeOnce;
  }

  test("leaves nothing behind when its sender is gone in the middle, or the catalog fails at the end, and comes in later", async () => {
    const { archive } = await exported(here, await makeRun(here, "broken off"));
    const before = await rowsOf(there);
    const breaks = async function* () {
      yield* chunksOf(archive.subarray(0, archive.length / 2));
      throw new Error("the cable was pulled");
    };
    await expect(imported(there, breaks(), there)).rejects.toThrow("the cable was pulled");
    const failing = {
      ...there,
      catalog: {
        ...there.catalog,
        bundles: {
          ...there.catalog.bundles,
          publish: (request: Parameters<typeof there.catalog.bundles.publish>[0]) =>
            there.catalog.bundles.publish({
              ...request,
              recordsOf(step) {
                if (step === "generate") throw new Error("the power went");
                return request.recordsOf(step);
              },
            }),
        },
      },
    };
    await expect(imported(failing, archive, there)).rejects.toThrow("the power went");
    expect(await rowsOf(there)).toEqual(before);
    expect(await imported(there, archive, there)).toMatchObject({ isNew: true, blobs: { added: 0 } });
  });
});
