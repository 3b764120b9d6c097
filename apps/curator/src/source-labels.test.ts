import { expect, it } from "vitest";
import { labelSources } from "./source-labels.ts";

it("names the frames of a video by it, and lists by what they are", () => {
  expect(labelSources([{ type: "video", path: "/films/My dog.v2.mp4", format: "png" }])).toEqual(["My dog.v2/"]);
  expect(
    labelSources([
      { type: "video", path: "dog.mp4", format: "png" },
      { type: "video", path: "/b/dog.webm", format: "png" },
      { type: "urls", urls: ["https://example.org/a.jpg"] },
      { type: "manifest", url: "https://example.org/sets/cats.jsonl?key=1" },
      { type: "manifest", path: "/lists/birds.txt" },
      { type: "dataset", digest: "cd".repeat(32) },
    ]),
  ).toEqual(["dog/", "dog-2/", "urls/", "cats/", "birds/", "dataset-cdcdcdcd/"]);
});

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
