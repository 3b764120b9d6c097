import { expect, it } from "vitest";
import { labelSources } from "./source-labels.ts";

it("names the files of several sources apart, and leaves those of one alone", () => {
  expect(labelSources([{ type: "folder", path: "/photos/dog" }])).toEqual([""]);
  expect(
    labelSources([
      { type: "folder", path: "/photos/dog/" },
      { type: "archive", path: "/other/dog.tar.gz" },
      { type: "s3", url: "s3://bucket/sets/cats/" },
      { type: "upload", listing: "ab".repeat(32) },
      { type: "folder", path: "." },
    ]),
  ).toEqual(["dog/", "dog-2/", "cats/", "upload-abababab/", "folder/"]);
});
