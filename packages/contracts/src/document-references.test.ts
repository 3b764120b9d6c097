import { describe, expect, it } from "vitest";
import { type DocumentAt, outputAt, referencesOf, referencesOfStep } from "./document-references.ts";
import { StepKind } from "./plan-lock.ts";

const d = (name: string) => name.repeat(64).slice(0, 64);
const ref = (name: string) => ({ sha256: d(name), bytes: 1, mediaType: "image/png" });
const blobs = (at: DocumentAt, document: unknown) =>
  referencesOf(at, document as never).blobs.map(({ sha256, use }) => `${sha256[0]} ${use}`);

describe("what a document cannot be used without", () => {
  it("are of pictures that are trained on the originals and the prepared ones", () => {
    const images = [{ original: ref("a"), prepared: { blob: ref("b") } }];
    for (const kind of ["prepared", "dataset-part"] as const) {
      expect(blobs({ kind, digest: d("0") }, { images })).toEqual(["a picture", "b picture"]);
    }
    expect(blobs({ kind: "source", digest: d("0") }, { items: [{ blob: ref("a") }] })).toEqual(["a picture"]);
  });

  it("are of a LoRA its files and samples, and not what it was trained on", () => {
    const lora = { weights: ref("a"), tensorsSha256: d("1"), dataset: d("2"), samples: [{ image: ref("b") }] };
    expect(blobs({ kind: "lora", digest: d("0") }, lora)).toEqual(["a work", "b work"]);
    const pair = {
      ...lora,
      files: [
        { role: "high", weights: ref("c") },
        { role: "low", weights: ref("d") },
      ],
    };
    expect(blobs({ kind: "lora", digest: d("0") }, pair)).toEqual(["c work", "d work", "b work"]);
    expect(referencesOf({ kind: "lora" }, lora as never).documents).toEqual([]);
  });

  it("are of what was drawn the picture, its graph, what went in, and why it was chosen", () => {
    const generation = { image: ref("a"), graph: ref("b"), choice: d("e"), spec: { image: `sha256:${d("c")}` } };
    const { documents } = referencesOf({ kind: "generations" }, { generations: [generation] } as never);
    expect(documents).toEqual([{ kind: "choice", digest: d("e") }]);
    expect(blobs({ kind: "generations", digest: d("0") }, { generations: [generation] })).toEqual([
      "a image",
      "b work",
      "c work",
    ]);
    expect(blobs({ kind: "grid", digest: d("0") }, { axes: [{ values: [`sha256:${d("f")}`, "sha256:x"] }] })).toEqual([
      "f work",
    ]);
  });

  it("are of a list its parts, of the kind that its reader knows", () => {
    const list = { parts: [d("a"), d("b")] };
    expect(referencesOf({ kind: "parts", of: "captions" }, list).documents).toEqual([
      { kind: "captions", digest: d("a") },
      { kind: "captions", digest: d("b") },
    ]);
    expect(referencesOf({ kind: "parts" }, list).documents).toEqual([]);
  });
});

describe("a step", () => {
  it("puts out a document whose kind follows from its own, but for those of the fleet", () => {
    const without = StepKind.options.filter((kind) => outputAt(kind, d("a")) === null);
    expect(without).toEqual(["machine", "volume"]);
    expect(outputAt("dataset", d("a"))).toEqual({ kind: "dataset", digest: d("a") });
    expect(outputAt("train", d("a"))).toEqual({ kind: "parts", digest: d("a"), of: "lora" });
  });

  it("reads what its parameters name: uploads, datasets, grids, LoRAs", () => {
    const params = {
      sources: [
        { type: "upload", listing: d("1") },
        { type: "dataset", digest: d("2") },
        { type: "video", upload: d("3") },
        { type: "folder", path: d("4") },
      ],
      ...{ grid: d("5"), lora: d("6"), loras: { other: d("7") }, from: [{ document: d("8") }] },
    };
    const { documents, blobs: files } = referencesOfStep(
      { params, about: { choices: d("9") } },
      { manifest: d("a"), report: d("b") },
    );
    expect(documents.map(({ kind, digest }) => `${kind} ${digest[0]}`)).toEqual([
      ...["parts 1", "dataset 2", "parts 3", "grid 5", "grid-choices 9", "lora 6", "lora 7", "lora 8"],
    ]);
    expect(files.map(({ sha256 }) => sha256[0])).toEqual(["a"]);
    expect(referencesOfStep({ params: {} }, {})).toEqual({ documents: [], blobs: [] });
  });
});
