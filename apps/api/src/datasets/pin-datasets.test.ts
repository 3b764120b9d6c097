import { RunSpec, UserError } from "@loramill/contracts";
import { expect, it } from "vitest";
import { pinDatasets } from "./pin-datasets.ts";

const [TOYS, HOLDOUT] = ["a1".repeat(32), "b2".repeat(32)];
const known = new Map([
  ["toys", TOYS],
  ["holdout@b2b2", HOLDOUT],
]);
const find = async (dataset: string) => {
  const digest = known.get(dataset);
  if (digest !== undefined) return digest;
  throw new UserError(`there is no dataset ${dataset}`, { code: "dataset-not-found" });
};
const specOf = (sources: object[], against: string[]) =>
  RunSpec.parse({ name: "x", dataset: { sources, cleaning: { against } } });

it("puts digests in the place of names, in sources and in what is kept apart, and changes nothing else", async () => {
  const folder = { type: "folder", path: "p" };
  const named = specOf([{ type: "dataset", dataset: "toys" }, folder], ["holdout@b2b2", TOYS]);
  const whole = specOf([{ type: "dataset", digest: TOYS }, folder], [HOLDOUT, TOYS]);
  expect(await pinDatasets(named, find)).toEqual(whole);
  expect(await pinDatasets(whole, find)).toEqual(whole);
});

it("says which field names no version", async () => {
  const spec = specOf(
    [
      { type: "dataset", dataset: "toys" },
      { type: "dataset", dataset: "toyz" },
    ],
    [],
  );
  await expect(pinDatasets(spec, find)).rejects.toMatchObject({
    code: "dataset-not-found",
    message: "dataset.sources.1.dataset: there is no dataset toyz",
    details: { field: "dataset.sources.1.dataset" },
  });
  await expect(pinDatasets(specOf([{ type: "folder", path: "p" }], ["none"]), find)).rejects.toMatchObject({
    details: { field: "dataset.cleaning.against.0" },
  });
});
