import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "@loramill/contracts";
import { readSafetensors, replaceMetadata, writeSafetensors } from "@loramill/lora";
import { tinyLora } from "@loramill/testkit";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createCli } from "../support/cli.ts";
import { openMill } from "../support/open-mill.ts";
import { eventually, finished } from "../support/runs.ts";

const MODULE = "transformer.single_transformer_blocks.0.attn.to_q";
const WEIGHT = "single_transformer_blocks.0.attn.to_q.weight";

/** As much of OpenAPI's description of a path as is looked at. */
const Content = z.object({
  content: z.record(z.string(), z.looseObject({ example: z.unknown().optional() })).optional(),
});
const Operation = z.object({ requestBody: Content.optional(), responses: z.record(z.string(), Content).optional() });
const Described = z.object({ get: Operation.optional(), post: Operation.optional() });

const mill = openMill();
const files = mill.at("files");
const loramill = createCli({ cwd: files, env: { DATA_DIR: mill.at("data") } });

beforeAll(async () => {
  mkdirSync(files);
  for (const [at, name] of ["dog", "ink"].entries()) {
    const body = new Blob([
      replaceMetadata(tinyLora([MODULE], { rank: 2, seed: at + 1 }), { "modelspec.title": name }),
    ]);
    await mill.client.loras.import({ fileName: `${name}.safetensors`, body });
  }
});

/** A piece of Flux as diffusers saves it. */
function checkpoint(seed: number): Uint8Array {
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(100 * seed + i));
  return writeSafetensors([{ name: WEIGHT, dtype: "F32", shape: [8, 8], data: new Uint8Array(values.buffer) }]);
}

async function addModel(id: string, bytes: Uint8Array): Promise<void> {
  const path = `${id.replace("/", "-")}.safetensors`;
  writeFileSync(join(files, path), bytes);
  const { models } = mill.client;
  await models.save(id, { family: "flux", source: { type: "path", folder: files }, files: [{ path }] });
  await models.pull(id);
  await eventually(
    `the pull of ${id} ends`,
    () => models.get(id),
    ({ pull }) => pull !== null && pull.state !== "running",
  );
}

test("a LoRA of the library is looked at by name as a file is by its path", async () => {
  const byName = await loramill("lora", "inspect", "dog", "--hashes", "--keys");
  expect(byName).toMatchObject({ code: 0, out: expect.stringMatching(/^dog@1\n +title +dog\n +family +flux/) });
  expect(byName.out).toContain(`${MODULE}.lora_A.weight F32 [2, 8]`);
  const { files: found } = JSON.parse((await loramill("--json", "lora", "inspect", "dog", "ghost")).out);
  expect(found).toMatchObject([{ file: "dog@1", description: { modules: 1 } }, { file: "ghost" }]);
  expect(found[1].error).toContain("there is no LoRA ghost");
  expect(await mill.client.loras.validateHeader("dog", { strength: 3, family: "chroma" })).toMatchObject({
    looked: "header",
    valid: false,
    coverage: null,
    findings: [{ code: "strength" }, { code: "wrong-family" }, { code: "not-counted" }],
  });
});

test("values are looked at, and LoRAs compared, in jobs whose reports are kept", async () => {
  const sound = await loramill("lora", "validate", "dog", "--strength", "0.8");
  expect(sound).toMatchObject({ code: 0, out: expect.stringMatching(/dog can be used/) });
  const wrong = await loramill("--json", "lora", "validate", "dog", "--family", "sdxl");
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.out)).toMatchObject({ lora: "dog", valid: false, coverage: { loaded: 0, total: 2 } });

  const [once, again] = [await mill.client.loras.compare("dog", "ink"), await mill.client.loras.compare("dog", "ink")];
  for (const { id } of [once, again]) expect((await finished(mill.client, id)).state).toBe("succeeded");
  expect(await mill.client.loras.report(again.id)).toEqual(await mill.client.loras.report(once.id));
  expect((await mill.client.getRun(again.id)).steps[0]?.state).toBe("reused");
  const table = await loramill("lora", "compare", "dog", "dog", "--modules");
  expect(table).toMatchObject({ code: 0, out: expect.stringMatching(/all +1\.0000/) });
  expect(await loramill("lora", "compare", "dog", "./ink.safetensors")).toMatchObject({
    code: 2,
    err: expect.stringContaining("is a file and dog a LoRA of the library"),
  });
});

test("LoRAs of the library are merged by a job, and the result is saved and kept", async () => {
  const output = join(files, "both.safetensors");
  const merged = await loramill("--json", "lora", "merge", "dog:0.5", "ink", "-o", output);
  expect(merged.code, merged.err).toBe(0);
  expect(JSON.parse(merged.out)).toMatchObject({ output, modules: 1, notes: [] });
  expect(readSafetensors(readFileSync(output)).metadata.get("modelspec.merged_from")).toBe("dog, ink");
  expect(await mill.client.loras.get("both")).toMatchObject({ sha256: sha256Hex(readFileSync(output)), rank: 4 });
  const resized = await loramill("lora", "resize", "both", "--rank", "2", "-o", join(files, "small.safetensors"));
  expect(resized).toMatchObject({ code: 0, out: expect.stringMatching(/note: 1 modules now have ranks 2 to 2/) });
});

test("a LoRA goes into a base model, and comes out of it again", async () => {
  await addModel("owner/base", checkpoint(1));
  const merged = join(files, "dog-model.safetensors");
  const into = await loramill("lora", "merge-into", "owner/base", "dog:0.5", "-o", merged);
  expect(into).toMatchObject({ code: 0, out: expect.stringContaining("1 modules") });
  const { tensors, metadata } = readSafetensors(readFileSync(merged));
  expect(metadata.get("modelspec.title")).toBe("dog-model");
  expect(Buffer.from(tensors.get(WEIGHT)?.data ?? [])).not.toEqual(
    Buffer.from(readSafetensors(checkpoint(1)).tensors.get(WEIGHT)?.data ?? []),
  );

  await addModel("owner/tuned", readFileSync(merged));
  const change = join(files, "change.safetensors");
  const asked = ["--original", "owner/base", "--tuned", "owner/tuned", "--rank", "2", "--dtype", "F32"];
  const out = await loramill("--json", "lora", "extract", ...asked, "-o", change);
  expect(out.code, out.err).toBe(0);
  expect(JSON.parse(out.out)).toMatchObject({ output: change, modules: 1, sha256: sha256Hex(readFileSync(change)) });
  expect(await mill.client.loras.get("change")).toMatchObject({
    family: "flux",
    baseModel: "owner/base",
    source: "made",
  });
  const { made } = await mill.client.loras.lineage("change");
  expect(made?.from).toMatchObject([
    { name: "owner/tuned", weight: 1 },
    { name: "owner/base", weight: -1 },
  ]);
  const run = await mill.client.loras.compare("dog", "change");
  expect((await finished(mill.client, run.id)).state).toBe("succeeded");
  const report = await mill.client.loras.report(run.id);
  expect(report?.kind === "compare" ? report.whole.cosine : null).toBeCloseTo(1, 3);

  await mill.client.models.save("owner/absent", {
    family: "flux",
    source: { type: "path", folder: files },
    files: [{ path: "absent.safetensors" }],
  });
  expect(await loramill("lora", "merge-into", "owner/absent", "dog", "-o", join(files, "x.safetensors"))).toMatchObject(
    {
      code: 2,
      err: expect.stringContaining("loramill models pull owner/absent"),
    },
  );
});

test("the API's description has an example of each answer", async () => {
  const described = await fetch(`${mill.client.url}/openapi.json`);
  const { paths } = z.object({ paths: z.record(z.string(), Described) }).parse(await described.json());
  const contents = [
    paths["/v1/loras/{lora}/inspect"]?.get?.responses?.["200"]?.content,
    paths["/v1/loras/{lora}/validate"]?.get?.responses?.["200"]?.content,
    paths["/v1/loras/compare"]?.post?.requestBody?.content,
  ];
  for (const content of contents) expect(JSON.stringify(content?.["application/json"]?.example)).toContain("toys");
});
