import type { LibraryDataset, Project } from "@loramill/catalog";
import type { ProjectId } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { type DatasetCatalog, findDataset } from "./find-dataset.ts";

const digest = (start: string) => start.padEnd(64, "0");
/** Newest first. */
const versions = [
  { id: "dsv_7", project: "prj_2", name: "cats", digest: digest("77") },
  { id: "dsv_6", project: "prj_1", name: "cats", digest: digest("66") },
  { id: "dsv_5", name: "deadbeef", digest: digest("99") },
  { id: "dsv_4", name: "toys", digest: digest("3f9a61c2d1") },
  { id: "dsv_3", name: "photos", digest: digest("3f9a61c2d077") },
  { id: "dsv_2", name: "toys", digest: digest("3f9a61c2d0aa") },
  { id: "dsv_1", name: "toys", digest: digest("deadbeef") },
] as LibraryDataset[];

const isNewest = (row: LibraryDataset) =>
  versions.find(({ name, project }) => name === row.name && project === row.project) === row;

const projectOf = (id: ProjectId, name: string): Project => ({
  ...{ id, name, weight: 1, maxOpenJobs: null, createdAt: new Date(0) },
});

const catalog = {
  library: {
    datasets: async ({ id, project, name, digest: start, newest, limit }) => ({
      items: versions
        .filter((row) => (id ?? row.id) === row.id && (project ?? row.project) === row.project)
        .filter((row) => (name ?? row.name) === row.name && row.digest.startsWith(start ?? ""))
        .filter((row) => !newest || isNewest(row))
        .slice(0, limit),
      next: null,
    }),
    datasetNames: async () => ["cats", "deadbeef", "photos", "toys"],
  },
  projects: { list: async () => [projectOf("prj_1", "studio"), projectOf("prj_2", "zoo")] },
} as DatasetCatalog;

const idOf = async (dataset: string, project?: string) =>
  (await findDataset(catalog, { dataset, project: project as ProjectId | undefined })).id;

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

  it("by a name that several projects have, where one of them asks, and by its id where an operator does", async () => {
    expect([await idOf("cats", "prj_1"), await idOf("cats", "prj_2"), await idOf("dsv_6")]).toEqual([
      ...["dsv_6", "dsv_7", "dsv_6"],
    ]);
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
    [
      "cats",
      "dataset-ambiguous",
      "several projects have a dataset cats: dsv_7 (project zoo), dsv_6 (project studio); give the id",
    ],
  ])("%s: %s, %s", async (dataset, code, message) => {
    await expect(idOf(dataset)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
