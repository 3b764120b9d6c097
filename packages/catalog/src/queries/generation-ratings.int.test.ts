import { type ProjectId, sha256Hex } from "@loramill/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const projectOf = async (name: string) => (await catalog.projects.ensure(name)).id;

/** A generation with a LoRA of the library, told by a word. */
async function generation(project: ProjectId, word: string): Promise<string> {
  const file = sha256Hex("style file");
  await catalog.loras.add({
    project,
    name: "style",
    document: sha256Hex("style"),
    family: "sdxl",
    baseModel: "sd_xl_base_1.0",
    triggerWord: null,
    weightsSha256: file,
    tensorsSha256: sha256Hex("tensors"),
    bytes: 1_000,
    aliases: [],
  });
  const id = `gen_${sha256Hex(`${project} ${word}`).slice(0, 32)}`;
  const loras = JSON.stringify([{ name: "style", sha256: file, tensorsSha256: sha256Hex("tensors"), strength: 0.8 }]);
  await catalog.pool.query(
    `insert into loramill.generations (id, project, run, step, job, index, sha256, bytes, media_type, prompt,
       negative_prompt, seed, steps, guidance, sampler, width, height, loras, base_model, backend, seconds)
     values ($1, $2, 'run', $1, 'job', 0, $3, 9, 'image/png', $4, '', 7, 30, 6.5, 'euler', 64, 64, $5, 'base', 'pocket', 1)`,
    [id, project, sha256Hex(word), `a picture of a ${word}`, loras],
  );
  return id;
}

describe("ratings of generations", () => {
  test("are bound to what made the generation and come with what it was drawn with, oldest first", async () => {
    const project = await projectOf("facts");
    const [dog, cat] = [await generation(project, "dog"), await generation(project, "cat")];
    const first = await catalog.generationRatings.add({
      project,
      generation: dog,
      rater: "ann",
      stars: 5,
      comment: "ah",
    });
    await catalog.generationRatings.add({
      project,
      generation: cat,
      rater: "ann",
      stars: 2,
      comment: "",
      arm: "holdout",
    });
    const rows = await catalog.generationRatings.list({ project });
    expect(rows).toMatchObject([
      {
        id: first,
        generation: dog,
        rater: "ann",
        stars: 5,
        comment: "ah",
        batch: null,
        arm: null,
        prompt: "a picture of a dog",
        steps: 30,
        guidance: 6.5,
        loras: [{ name: "style", strength: 0.8 }],
        baseModel: "base",
        families: ["sdxl"],
      },
      { generation: cat, stars: 2, arm: "holdout" },
    ]);
    expect(rows[0]?.manifest).toMatch(/^[0-9a-f]{64}$/);
    expect(rows[0]?.manifest).not.toBe(rows[1]?.manifest);
    expect(await catalog.generationRatings.list({ project, after: first })).toMatchObject([{ generation: cat }]);
    expect(await catalog.generationRatings.list({ project }, { rater: "bob" })).toEqual([]);
  });

  test("of the same person are all kept, so that rolling back a batch brings back what it replaced", async () => {
    const project = await projectOf("batches");
    const dog = await generation(project, "dog");
    const add = (stars: number, batch: string | null) =>
      catalog.generationRatings.add({ project, generation: dog, rater: "ann", stars, comment: "", batch });
    await add(5, null);
    await add(1, "import-7");
    const stars = async () => (await catalog.generationRatings.list({ project })).map((row) => row.stars);
    expect(await stars()).toEqual([5, 1]);
    expect(await catalog.generationRatings.rollBack(project, { batch: "import-7" })).toBe(1);
    expect(await stars()).toEqual([5]);
    expect(await catalog.generationRatings.rollBack(project, { batch: "import-7" }), "once").toBe(0);
    expect(await catalog.generationRatings.restore(project, { batch: "import-7" })).toBe(1);
    expect(await stars()).toEqual([5, 1]);
    expect(await catalog.generationRatings.rollBack(project, { rater: "ann", until: new Date(0) })).toBe(0);
    expect(await catalog.generationRatings.rollBack(project, { rater: "ann", from: new Date(0) })).toBe(2);
    await expect(catalog.generationRatings.rollBack(project, {})).rejects.toMatchObject({ code: "nothing-selected" });
  });

  test("are refused for other stars, unknown generations and those of other projects, and not seen there", async () => {
    const [ours, theirs] = [await projectOf("ours"), await projectOf("theirs")];
    const dog = await generation(ours, "dog");
    const rating = { project: ours, generation: dog, rater: "eve", stars: 1, comment: "", batch: "b" };
    for (const stars of [0, 6, 2.5]) {
      await expect(catalog.generationRatings.add({ ...rating, stars })).rejects.toMatchObject({ code: "bad-rating" });
    }
    await expect(catalog.generationRatings.add({ ...rating, project: theirs })).rejects.toMatchObject({
      code: "generation-not-found",
    });
    await catalog.generationRatings.add(rating);
    expect(await catalog.generationRatings.list({ project: theirs })).toEqual([]);
    expect(await catalog.generationRatings.rollBack(theirs, { batch: "b" })).toBe(0);
    expect(await catalog.generationRatings.list({ project: ours })).toHaveLength(1);
  });
});
