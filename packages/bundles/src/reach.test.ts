import type { DocumentAt, DocumentReferences } from "@loramill/contracts";
import { expect, it } from "vitest";
import { isHeld, reach } from "./reach.ts";

const at = (digest: string): DocumentAt => ({ kind: "choice", digest });
const blob = (sha256: string, use: "picture" | "image" | "work" = "work") => ({ sha256, use, mediaType: "image/png" });

it("walks to everything once, also in a circle", async () => {
  const names: Record<string, DocumentReferences> = {
    a: { documents: [at("b"), at("c")], blobs: [blob("1")] },
    b: { documents: [at("c"), at("a")], blobs: [blob("1", "picture")] },
    c: { documents: [], blobs: [blob("2", "image")] },
  };
  const asked: string[] = [];
  const { documents, blobs } = await reach({ documents: [at("a")], blobs: [blob("3")] }, ({ digest }) => {
    asked.push(digest);
    return names[digest] as DocumentReferences;
  });
  expect(asked.sort()).toEqual(["a", "b", "c"]);
  expect([...documents.keys()].sort()).toEqual(["a", "b", "c"].map((name) => `documents/choice/${name}.json`));
  expect([...blobs.values()].map(({ sha256, uses }) => `${sha256} ${[...uses]}`).sort()).toEqual([
    "1 work,picture",
    "2 image",
    "3 work",
  ]);
});

it("goes on from an earlier walk, and walks nothing of it again", async () => {
  const refer = ({ digest }: DocumentAt) => ({ documents: [], blobs: [blob(`of ${digest}`)] });
  const before = await reach({ documents: [at("a")], blobs: [blob("1")] }, refer);
  const asked: string[] = [];
  const { documents, blobs } = await reach(
    { documents: [at("a"), at("b")], blobs: [blob("1", "picture")] },
    (one) => {
      asked.push(one.digest);
      return refer(one);
    },
    before,
  );
  expect(asked).toEqual(["b"]);
  expect(documents.size).toBe(2);
  expect([...blobs.values()].map(({ sha256, uses }) => `${sha256} ${[...uses]}`).sort()).toEqual([
    ...["1 work,picture", "of a work", "of b work"],
  ]);
  expect(before.blobs.get("1")?.uses.size, "the earlier walk stays as it was").toBe(1);
});

it("reads one list as what each of its readers takes it for", async () => {
  const list = (of: "source" | "captions"): DocumentAt => ({ kind: "parts", digest: "x", of });
  const asked: string[] = [];
  await reach({ documents: [list("source"), list("captions")], blobs: [] }, ({ of }) => {
    asked.push(of ?? "");
    return { documents: [], blobs: [] };
  });
  expect(asked.sort()).toEqual(["captions", "source"]);
});

it("leaves a blob out only when that is all it is", () => {
  const uses = (...some: ("picture" | "image" | "work")[]) => ({ uses: new Set(some) });
  expect(isHeld(uses("picture"), ["pictures"])).toBe(false);
  expect(isHeld(uses("picture"), ["images"])).toBe(true);
  expect(isHeld(uses("picture", "work"), ["pictures", "images"])).toBe(true);
  expect(isHeld(uses("picture", "image"), ["pictures", "images"])).toBe(false);
});
