import type { LibraryDataset } from "@loramill/catalog";
import { describe, expect, it } from "vitest";
import { type DatasetLibrary, findDataset } from "./find-dataset.ts";

const digest = (start: string) => start.padEnd(64, "0");
/** Newest first. */
const versions = [
  { id: "dsv_5", name: "deadbeef", digest: digest("99") },
  { id: "dsv_4", name: "toys", digest: digest("3f9a61c2d1") },
  { id: "dsv_3", name: "photos", digest: digest("3f9a61c2d077") },
  { id: "dsv_2", name: "toys", digest: digest("3f9a61c2d0aa") },
  { id: "dsv_1", name: "toys", digest: digest("deadbeef") },
] as LibraryDataset[];

const library = {
  datasets: async ({ id, name, digest: start, limit }) => ({
    items: versions
      .filter(
        (row) => (id ?? row.id) === row.id && (name ?? row.name) === row.name && row.digest.startsWith(start ?? ""),
      )
      .slice(0, limit),
    next: null,
  }),
  datasetNames: async () => ["deadbeef", "photos", "toys"],
} as DatasetLibrary;

const idOf = async (dataset: string) => (await findDataset(library, { dataset })).id;

describe("a dataset version is found", () => {
  it.each([
    ["toys", "dsv_4", "the newest of a name"],
    ["toys@deadbeef", "dsv_1", "a name with the beginning of a digest"],
    ["toys@dead", "dsv_1", "four digits are enough beside a name"],
    ["3f9a61c2d1", "dsv_4", "the beginning of one digest alone"],
    [digest("3f9a61c2d0aa"), "dsv_2", "a whole digest"],
    ["dsv_3", "dsv_3", "an id"],
    ["deadbeef", "dsv_5", "a name goes before a digest"],
  ])("by %s: %s, %s", async (dataset, id) => {
    expect(await idOf(dataset)).toBe(id);
  });
});

describe("what names no version, or several, is refused", () => {
  it.each([
    ["toyz", "dataset-not-found", "there is no dataset toyz; did you mean toys?"],
    ["nowhere", "dataset-not-found", "`loramill dataset list` names them"],
    [
      "toys@abcd",
      "dataset-not-found",
      "toys has no version abcd; its newest: 3f9a61c2d100, 3f9a61c2d0aa, deadbeef0000",
    ],
    [
      "3f9a61c2",
      "dataset-ambiguous",
      "3 versions: toys@3f9a61c2d100, photos@3f9a61c2d077, toys@3f9a61c2d0aa; give more",
    ],
    ["toys@3f9a", "dataset-ambiguous", "2 versions: toys@3f9a61c2d100, toys@3f9a61c2d0aa"],
    ["3f9a", "dataset-not-found", "there is no dataset 3f9a"],
  ])("%s: %s, %s", async (dataset, code, message) => {
    await expect(idOf(dataset)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
