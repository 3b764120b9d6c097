import { expect, it } from "vitest";
import { hidePaths } from "./hide-paths.ts";

const spec = { dataset: { sources: [{ type: "folder", path: "/data/dogs" }] } };

it.each([
  ["cannot read /home/jo/pictures/a.png: EACCES", "cannot read <path>: EACCES"],
  ["C:\\Users\\jo\\a.png is no picture", "<path> is no picture"],
  ["(/var/lib/mill/x)", "(<path>)"],
  ["postgres://jo:secret@db/mill", "postgres://***@db/mill"],
])("hides what only the machine was to know in %j", (text, hidden) => {
  expect(hidePaths(text, spec)).toBe(hidden);
});

it.each([
  "the folder /data/dogs/sub/a.png has no pictures",
  "POST https://api.example/v1/runs answered 503",
  "1/2 and/or 3/4",
  "documents/lora/ab.json",
  "s3://bucket/prefix/a.png",
  "pictures/a.png",
])("leaves alone what the spec says, and what is no path of a disk: %j", (text) => {
  expect(hidePaths(text, spec)).toBe(text);
});

it("looks into everything, and keeps its shape", () => {
  const told = { a: ["/opt/mill/x", 1, null, true], b: { c: "fine" } };
  expect(hidePaths(told, spec)).toEqual({ a: ["<path>", 1, null, true], b: { c: "fine" } });
});
