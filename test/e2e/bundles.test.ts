import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ImportAnswer, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { processEnv } from "../support/process-env.ts";
import { finished, smallSpec, stepOf } from "../support/runs.ts";

const CLI = resolve(import.meta.dirname, "../../apps/cli/src/main.ts");
const folder = makeDataDir();
const at = (...names: string[]) => join(folder.path, ...names);
const mills: MillProcess[] = [];

beforeAll(() => drawSamplePictures(at("pictures")));
afterAll(async () => {
  await Promise.all(mills.map((mill) => mill.stop()));
  folder.remove();
});

async function openMill(name: string): Promise<MillProcess> {
  const mill = await startMill({ dataDir: at(name) });
  mills.push(mill);
  return mill;
}

/** Speaks to the mill of a data folder, which it finds there. */
function loramill(mill: MillProcess, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder.path,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...processEnv(), DATA_DIR: mill.dataDir },
  });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) =>
      code === 0 ? done(said.out) : fail(new Error(`exit ${code}: ${said.out}${said.err}`)),
    );
  });
}

async function runToItsEnd(client: Client, spec = smallSpec(at("pictures"))): Promise<RunView> {
  const { id } = await client.createRun(spec);
  return finished(client, id);
}

test("a run made in one mill is reused in another, step by step, and costs nothing there", async () => {
  const [here, there] = await Promise.all([openMill("here"), openMill("there")]);
  const made = await runToItsEnd(here.client);
  expect(made.state).toBe("succeeded");
  const saved = JSON.parse(await loramill(here, "export", "last", "--output", "small.loramill.tar", "--json"));
  expect(saved).toMatchObject({ bytes: expect.any(Number), without: [] });
  await loramill(here, "export", "last", "--output", "again.loramill.tar.zst");
  const { body } = await here.client.bundles.exportRun(made.id);
  expect(Buffer.from(await new Response(body).arrayBuffer()).equals(readFileSync(at("small.loramill.tar")))).toBe(true);

  const answer = ImportAnswer.parse(JSON.parse(await loramill(there, "import", "again.loramill.tar.zst", "--json")));
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
});
