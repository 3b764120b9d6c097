import { expect, test } from "vitest";
import { hasPictures, nameOfPictures, noPictures } from "./picture-source.ts";

const file = (path: string): File => Object.assign(new File([], "1.png"), { webkitRelativePath: path });

test("pictures are there once the place that is chosen has been named", () => {
  const typed = { ...noPictures, path: "/photos/dog" };
  expect(hasPictures(typed)).toBe(true);
  expect(hasPictures({ ...typed, from: "dataset" })).toBe(false);
  expect(hasPictures({ ...typed, from: "upload" })).toBe(false);
  expect(hasPictures({ ...typed, from: "upload", files: [file("")] })).toBe(true);
  expect(hasPictures({ ...noPictures, path: " " })).toBe(false);
});

test("a run is named after its dataset or its folder, wherever that is", () => {
  const names = (["/photos/my dog/", "C:\\pics\\cat", "/a/!!x", ""] as const).map((path) =>
    nameOfPictures({ ...noPictures, path }),
  );
  expect(names).toEqual(["my dog", "cat", "x", ""]);
  expect(nameOfPictures({ ...noPictures, from: "dataset", dataset: "toys@3f9a" })).toBe("toys");
  expect(nameOfPictures({ ...noPictures, from: "upload", files: [file("holiday/1.png")] })).toBe("holiday");
  expect(nameOfPictures({ ...noPictures, from: "upload", files: [file("")] })).toBe("");
});
