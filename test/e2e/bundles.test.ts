import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { ImportAnswer, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { finished, smallSpec, stepOf } from "../support/runs.ts";

const folder = makeDataDir();
const at = (...names: string[]) => join(folder.path, ...names);
const mills = new Set<MillProcess>();

beforeAll(() => drawSamplePictures(at("pictures")));
afterAll(async () => {
  await Promise.all([...mills].map((mill) => mill.stop()));
  folder.remove();
});

async function openMill(name: string): Promise<MillProcess> {
  const mill = await startMill({ dataDir: at(name) });
  mills.add(mill);
  return mill;
}

/** What a command says to a program, asked of the mill of a folder. */
async function ask<T>(name: string, ...args: string[]): Promise<T> {
  const { code, out, err } = await createCli({ cwd: folder.path, env: { DATA_DIR: at(name) } })(...args, "--json");
  if (code !== 0) throw new Error(`exit ${code}: ${err}`);
  return JSON.parse(out) as T;
}

async function runToItsEnd(client: Client): Promise<RunView> {
  const { id } = await client.createRun(smallSpec(at("pictures")));
  return finished(client, id);
}

/** Sends the first half of a file and never the rest; resolves when the other side is gone. */
async function sendHalf(client: Client, file: Uint8Array, onSent: () => Promise<void>): Promise<void> {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(file.subarray(0, file.length / 2)),
    pull: onSent,
  });
  await expect(client.bundles.import(body)).rejects.toThrow();
}

test("a run made in one mill is reused in another, also in one that was killed while it took it in", async () => {
  const [here, killed] = await Promise.all([openMill("here"), openMill("there")]);
  const made = await runToItsEnd(here.client);
  expect(made.state).toBe("succeeded");
  const saved = await ask<{ bundle: string }>("here", "export", "last", "--output", "small.loramill.tar.zst");
  const { body } = await here.client.bundles.exportRun(made.id);
  const archive = Buffer.from(await new Response(body).arrayBuffer());
  expect(zstdDecompressSync(readFileSync(at("small.loramill.tar.zst"))).equals(archive)).toBe(true);

  await sendHalf(killed.client, archive, () => killed.crash());
  mills.delete(killed);
  const there = await openMill("there");
  expect((await there.client.listRuns()).items).toEqual([]);
  expect((await there.client.loras.list()).items).toEqual([]);

  const answer = ImportAnswer.parse(await ask("there", "import", "small.loramill.tar.zst"));
  expect(answer).toMatchObject({ isNew: true, bundle: saved.bundle, loras: { added: 1, there: 0 } });
  expect(answer.steps.map(({ reusable }) => reusable)).toEqual(made.steps.map(() => true));
  const imported = await there.client.getRun(answer.run ?? "");
  expect(imported).toMatchObject({ state: "succeeded", spentMicroUsd: 0, imported: { originRun: made.id } });

  const repeated = await runToItsEnd(there.client);
  expect(repeated.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(
    made.steps.map(({ name }) => `${name} reused`),
  );
  expect(repeated.steps.map(({ output }) => output)).toEqual(made.steps.map(({ output }) => output));
  expect(stepOf(repeated, "train").reason).toContain("imported from a bundle");
  const { items } = await there.client.listArtifacts(repeated.id);
  const weights = items.find(({ kind }) => kind === "lora-weights");
  expect((await there.client.download(weights?.url ?? "")).byteLength).toBe(weights?.bytes);

  await ask("there", "project", "save", "default", "--output", "state.loramill.tar.gz", "--without", "pictures");
  const state = ImportAnswer.parse(await ask("here", "project", "load", "state.loramill.tar.gz", "--project", "copy"));
  expect(state).toMatchObject({ kind: "project", isNew: true, loras: { added: 1 }, datasets: { added: 1 } });
});
