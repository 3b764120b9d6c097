import { type JsonObject, type ProjectId, type RunId, sha256Hex } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const runs = { one: `run_${"1".repeat(32)}`, two: `run_${"2".repeat(32)}` } satisfies Record<string, RunId>;
const lora = (name: string) => ({
  name,
  sha256: sha256Hex(name),
  tensorsSha256: sha256Hex(`${name} tensors`),
  strength: 1,
});

/** `place` gives the order of the ids, as the time would. */
async function insert(
  project: ProjectId,
  run: RunId,
  place: number,
  loras: string[],
  kind = "text-to-image",
): Promise<string> {
  const id = `gen_${String(place).padStart(32, "0")}`;
  await catalog.pool.query(
    `insert into loramill.generations (id, project, run, step, job, index, sha256, bytes, media_type, prompt,
       negative_prompt, seed, steps, guidance, sampler, width, height, loras, base_model, backend, seconds, kind)
     values ($1, $2, $3, $1, 'job', $4, 'a', 9, 'image/png', 'p', '', 0, 4, 1, 'euler', 64, 64, $5, 'base', 'pocket', 1, $6)`,
    [id, project, run, place, JSON.stringify(loras.map(lora)), kind],
  );
  return id;
}

test("generations are listed newest first, by project, run, kind and LoRA, and by pages", async () => {
  const [mine, others] = [(await catalog.projects.ensure("mine")).id, (await catalog.projects.ensure("others")).id];
  const first = await insert(mine, runs.one, 1, []);
  const second = await insert(mine, runs.one, 2, ["ink", "wash"], "restyle-clip");
  const third = await insert(mine, runs.two, 3, ["wash"]);
  const foreign = await insert(others, runs.two, 4, ["wash"]);
  const ids = async (filter: Parameters<Catalog["generations"]["list"]>[0]) =>
    (await catalog.generations.list(filter)).items.map(({ id }) => id);

  expect(await ids({})).toEqual([foreign, third, second, first]);
  expect(await ids({ project: mine })).toEqual([third, second, first]);
  expect(await ids({ project: mine, run: runs.one })).toEqual([second, first]);
  expect(await ids({ kind: "restyle-clip" })).toEqual([second]);
  expect(await ids({ lora: { name: "wash", sha256: null }, project: mine })).toEqual([third, second]);
  expect(await ids({ lora: { name: "its alias", sha256: sha256Hex("ink") } })).toEqual([second]);
  expect(await ids({ lora: { name: "was", sha256: null } })).toEqual([]);

  const page = await catalog.generations.list({ limit: 3 });
  expect(page.next).toBe(second);
  expect(await catalog.generations.list({ limit: 3, cursor: page.next ?? "" })).toMatchObject({
    items: [{ id: first, record: null, frames: null }],
    next: null,
  });
  expect(await catalog.generations.byFile({ sha256: "a", project: mine })).toMatchObject({ id: third });
  expect(await catalog.generations.byFile({ sha256: "a" })).toMatchObject({ id: foreign });
  expect(await catalog.generations.byFile({ sha256: "b", project: mine })).toBeNull();
  expect(await catalog.generations.get({ id: third, project: others })).toBeNull();
  expect(await catalog.generations.get({ id: third, project: mine })).toMatchObject({
    id: third,
    kind: "text-to-image",
  });
});

test("a generation is found by the record in its file, whatever became of the bytes", async () => {
  const mine = (await catalog.projects.ensure("recorded")).id;
  const others = (await catalog.projects.ensure("recorded elsewhere")).id;
  const told = {
    index: 4,
    prompt: "ein Käfer",
    seed: 7,
    guidance: 3.5,
    loras: [lora("ink")],
    spec: { steps: 4, kind: "x" },
  };
  const file = { image: { sha256: sha256Hex("file"), bytes: 9, mediaType: "image/png" }, seconds: 2.25 };
  const first = await insert(mine, runs.one, 104, ["ink"]);
  const second = await insert(mine, runs.two, 105, ["ink"]);
  for (const id of [first, second]) {
    await catalog.pool.query("update loramill.generations set record = $2, seed = 7 where id = $1", [
      id,
      JSON.stringify({ ...told, ...file }),
    ]);
  }
  const find = (record: JsonObject, project = mine) => catalog.generations.byRecord({ record, project });
  const { spec, ...rest } = told;
  expect(await find({ spec: { kind: "x", steps: 4.0 }, ...rest })).toMatchObject({ id: second });
  expect(await find({ ...told, explanation: { summary: "why" } }), "its reasons stand beside it").toMatchObject({
    id: second,
  });
  expect(await find({ ...told, seed: 8 })).toBeNull();
  expect(await find({ ...told, prompt: "another" })).toBeNull();
  expect(await find({})).toBeNull();
  expect(await find(told, others)).toBeNull();
  expect(await catalog.generations.byRecord({ record: told })).toMatchObject({ id: second });
});
