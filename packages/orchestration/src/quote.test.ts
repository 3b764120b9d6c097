import { type Digest, digestOf, documentKinds, Quote } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { plan } from "./plan.ts";
import { type CachedOutput, quote } from "./quote.ts";
import { stepKey } from "./step-key.ts";
import { planContext, runSpec } from "./testing/fixtures.ts";

const context = planContext();
const { lock, documents } = plan(runSpec(), context);
const grid = documentKinds.grid.parse(documents[0]?.value);
const { trainingBackends, generationBackends } = context;

/** A catalog that holds the results of the named steps, as an earlier run would have left them. */
function catalogOf(done: readonly string[], from = lock): (key: Digest) => CachedOutput | null {
  const results = new Map<Digest, CachedOutput>();
  for (const step of from.steps) {
    if (!done.includes(step.name)) continue;
    const inputs = Object.fromEntries(step.needs.map((need) => [need, digestOf(`output of ${need}`)]));
    results.set(stepKey(step, inputs), { output: digestOf(`output of ${step.name}`), items: 20 });
  }
  return (key) => results.get(key) ?? null;
}
const ask = (lookup: (key: Digest) => CachedOutput | null, of = lock) =>
  quote(of, { lookup, trainingBackends, generationBackends, grid });

describe("quote", () => {
  it("counts everything when nothing was done before: the first step a miss, the rest depending on it", async () => {
    const answer = await ask(() => null);
    expect(Quote.omit({ charges: true }).parse(answer)).toEqual(answer);
    expect(answer.steps.map(({ name, cache }) => [name, cache])).toEqual([
      ["source", "miss"],
      ["prepare", "maybe"],
      ["dataset", "maybe"],
      ["caption", "maybe"],
      ["train", "maybe"],
      ["generate", "maybe"],
    ]);
    expect(answer.vramBytes).toBe(5_000);
    expect(answer.costMicroUsd).toEqual({ p50: 100, p90: 150 });
    const generated = answer.steps.find(({ name }) => name === "generate");
    expect(generated?.seconds).toEqual({ p50: 12, p90: 24 });
  });

  it("follows the results of an earlier run through the whole plan", async () => {
    const all = lock.steps.map(({ name }) => name);
    const answer = await ask(catalogOf(all));
    expect(answer.steps.every(({ cache }) => cache === "reused")).toBe(true);
    expect(answer).toMatchObject({ seconds: { p50: 0, p90: 0 }, costMicroUsd: { p50: 0, p90: 0 }, vramBytes: 0 });
  });

  it("finds where the work begins, with the counts that are known by then", async () => {
    const answer = await ask(catalogOf(["source", "prepare", "dataset"]));
    expect(answer.steps.map(({ cache }) => cache)).toEqual(["reused", "reused", "reused", "miss", "maybe", "maybe"]);
    const caption = answer.steps.find(({ name }) => name === "caption");
    expect(caption?.items).toBe(20);
    expect(caption?.seconds.p50).toBeCloseTo(20 * 0.005);
  });

  it("sees no result where a setting differs", async () => {
    const other = plan(runSpec({ train: { recipe: { rank: 32 } } }), context).lock;
    const all = lock.steps.map(({ name }) => name);
    const answer = await ask(catalogOf(all), other);
    expect(answer.steps.map(({ cache }) => cache)).toEqual(["reused", "reused", "reused", "reused", "miss", "maybe"]);
  });

  it("says whether the careful estimate fits into the budget", async () => {
    const within = async (budgetUsd: number) =>
      (await ask(() => null, plan(runSpec({ budgetUsd }), context).lock)).withinBudget;
    expect(await within(0.00015)).toBe(true);
    expect(await within(0.00012)).toBe(false);
    expect((await ask(() => null)).withinBudget).toBeNull();
  });

  it("takes no earlier result when the policy forbids it", async () => {
    const fresh = plan(runSpec({ policy: { reuse: false } }), context).lock;
    const answer = await ask(catalogOf(lock.steps.map(({ name }) => name)), fresh);
    expect(answer.steps.map(({ cache, reason }) => [cache, reason])[0]).toEqual(["miss", "reuse is switched off"]);
  });
});
