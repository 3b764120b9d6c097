import type { DatasetManifest } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { writePlantedFolder } from "@loramill/testkit";
import { beforeAll, expect, test } from "vitest";
import { openMill } from "../support/open-mill.ts";
import { finished, stepOf } from "../support/runs.ts";

/** 2,000 files; what is planted in them is what the curator must find, no more and no less. */
const counts = { good: 1_500, exact: 140, near: 140, blurred: 100, corrupt: 80, tiny: 40 };

const mill = openMill();
const folder = mill.at("pictures");

beforeAll(async () => {
  await writePlantedFolder(folder, {
    counts,
    width: 320,
    height: 240,
    seed: 11,
    encode: (image, quality) => encodeImage(image, "jpeg", { quality }),
  });
});

test("of 2,000 pictures the planted duplicates, blurred, tiny and corrupt ones are found, and only those", async () => {
  const { id } = await mill.client.createRun({
    name: "planted",
    dataset: { sources: [{ type: "folder", path: folder }], prepare: { resolution: 64 } },
  });
  const run = await finished(mill.client, id);
  expect(run.error).toBeNull();
  expect(run.state).toBe("succeeded");

  const dropped = counts.exact + counts.near + counts.blurred + counts.tiny;
  const step = stepOf(run, "dataset");
  expect(step.items).toBe(counts.good);
  expect(step.summary).toMatchObject({ kept: counts.good, dropped, refused: counts.corrupt });
  const manifest = (await mill.client.getDocument("dataset", step.output ?? "")) as unknown as DatasetManifest;
  expect(manifest.statistics).toMatchObject({
    found: 2_000,
    kept: counts.good,
    refused: counts.corrupt,
    dropped: {
      "duplicate-exact": counts.exact,
      "duplicate-near": counts.near,
      blurred: counts.blurred,
      "too-small": counts.tiny,
    },
  });
  const codes = Object.groupBy(manifest.refused, ({ code }) => code);
  expect(Object.fromEntries(Object.entries(codes).map(([code, all]) => [code, all?.length]))).toEqual({
    "truncated-image": 20,
    "corrupt-image": 20,
    "not-an-image": 20,
    "empty-file": 20,
  });

  const report = Buffer.from(await mill.client.download(String(step.summary.report))).toString();
  const named = [...manifest.dropped, ...manifest.refused];
  expect(named.length).toBe(dropped + counts.corrupt);
  const unnamed = named.filter(({ path }) => !report.includes(path));
  expect(unnamed, "everything that is not there is named in the report").toEqual([]);
});
