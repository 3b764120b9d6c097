import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { type ProjectId, sha256Hex } from "@loramill/contracts";
import { learningDefaults } from "@loramill/intelligence";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLearner } from "./remember-ratings.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function ratedProject() {
  const catalog = await server.open();
  const { id: project } = await catalog.projects.ensure("cats");
  const generation = `gen_${sha256Hex("cat").slice(0, 32)}`;
  await catalog.pool.query(
    `insert into loramill.generations (id, project, run, step, job, index, sha256, bytes, media_type, prompt,
       negative_prompt, seed, steps, guidance, sampler, width, height, loras, base_model, backend, seconds)
     values ($1, $2, 'run', $1, 'job', 0, $3, 9, 'image/png', 'a cat', '', 7, 30, 6.5, 'euler', 64, 64, '[]', 'base', 'pocket', 1)`,
    [generation, project, sha256Hex("cat")],
  );
  const rate = (rater: string, stars: number, batch: string | null = null) =>
    catalog.generationRatings.add({ project, generation, rater, stars, comment: "", batch });
  return { catalog, project, rate };
}

/** Counts what is read, and otherwise asks the real catalog. */
function learnerOf(catalog: Awaited<ReturnType<typeof ratedProject>>["catalog"], halfLifeDays: number | null = null) {
  const { generationRatings } = catalog;
  let reads = 0;
  let now = Date.now();
  const list: typeof generationRatings.list = async (...question) => {
    const rows = await generationRatings.list(...question);
    reads += rows.length;
    return rows;
  };
  const learner = createLearner({
    catalog: { generationRatings: { ...generationRatings, list } },
    clock: { now: () => new Date(now) },
    settings: { ...learningDefaults, halfLifeDays },
  });
  const stars = async (project: ProjectId) => (await learner.learned(project)).ratings.map((rating) => rating.stars);
  return { learner, stars, reads: () => reads, passDays: (days: number) => (now += days * 86_400_000) };
}

test("sees at once what another process adds, takes back and gives again, and reads only what is new", async () => {
  const { catalog, project, rate } = await ratedProject();
  const other = server.openAgain(catalog.url);
  const { learner, stars, reads } = learnerOf(catalog);
  expect(await stars(project)).toEqual([]);
  await rate("ann", 5);
  await rate("bob", 1, "flood");
  expect(await stars(project)).toEqual([5, 1]);
  expect(await learner.learned(project), "nothing is folded again").toBe(await learner.learned(project));
  expect(reads()).toBe(2);

  await rate("eve", 4);
  expect(await stars(project)).toEqual([5, 1, 4]);
  expect(reads(), "the new one alone").toBe(3);

  await other.generationRatings.rollBack(project, { batch: "flood" });
  expect(await stars(project)).toEqual([5, 4]);
  await other.generationRatings.rollBack(project, { rater: "eve" });
  await other.generationRatings.restore(project, { batch: "flood" });
  expect(await stars(project), "as many as before, and others").toEqual([5, 1]);
  await other.generationRatings.restore(project, { rater: "eve" });
  expect(await stars(project)).toEqual([5, 1, 4]);

  const { id: stranger } = await catalog.projects.ensure("dogs");
  expect(await stars(stranger)).toEqual([]);
});

test("is what a fresh fold gives", async () => {
  const { catalog, project, rate } = await ratedProject();
  const { learner } = learnerOf(catalog);
  for (const [at, stars] of [5, 4, 1].entries()) {
    await rate(`rater-${at}`, stars);
    const remembered = await learner.learned(project);
    const fresh = await learnerOf(catalog).learner.learned(project);
    expect(remembered.ratings).toEqual(fresh.ratings);
    expect(remembered.outcomes).toEqual(fresh.outcomes);
  }
});

test("folds again when ratings have aged", async () => {
  const { catalog, project, rate } = await ratedProject();
  await rate("ann", 5);
  const { learner, passDays } = learnerOf(catalog, 100);
  const first = await learner.learned(project);
  passDays(0.5);
  expect(await learner.learned(project)).toBe(first);
  passDays(1);
  expect(await learner.learned(project)).not.toBe(first);
});
