import type { LibraryCaption } from "@loramill/catalog";
import { type Caption, digestOf, type Stores, sha256Hex } from "@loramill/contracts";
import { createMemoryDocuments } from "@loramill/testkit";
import { expect, it } from "vitest";
import { describeVersions } from "./caption-history.ts";

const image = digestOf("picture");
const row: LibraryCaption = {
  id: 1,
  project: "prj_1",
  image,
  path: "a.png",
  text: "zorb, a red ball",
  provider: "fuse:text:llama3.1",
  raw: "a red ball",
  run: "run_1",
  job: "job_1",
  step: "caption",
  document: null,
  dataset: null,
  author: null,
  authorName: null,
  createdAt: new Date("2026-01-02T03:04:05Z"),
};

it("joins a caption with its document: question, cost and every voice of an ensemble", async () => {
  const documents = createMemoryDocuments();
  const voice = { provider: "openai:llava", raw: "a ball", prompt: "Describe the toy.", microUsd: 700 };
  const silent = { provider: "ollama:x", raw: "", microUsd: 0, failure: { code: "endpoint-timeout", message: "late" } };
  const { text, provider, raw } = row;
  const caption: Caption = { image, path: "a.png", text, provider, raw, prompt: "Fuse.", microUsd: 900 };
  const captions = [
    { ...caption, path: "twin.png", prompt: "Another." },
    { ...caption, voices: [voice, silent] },
  ];
  const document = await documents.put("captions", { captions, refused: [] });
  const [version] = await describeVersions({ documents } as unknown as Stores, [{ ...row, document }]);
  expect(version).toMatchObject({
    model: "text:llama3.1",
    prompt: { digest: sha256Hex("Fuse."), text: "Fuse." },
    microUsd: 900,
    voices: [
      { model: "llava", raw: "a ball", prompt: { text: "Describe the toy." }, microUsd: 700, failure: null },
      { model: "x", prompt: null, microUsd: 0, failure: { code: "endpoint-timeout" } },
    ],
    run: "run_1",
    step: "caption",
    dataset: null,
  });
});

it("says of an edit that it cost nothing and who made it, and of a caption without a document that its cost is unknown", async () => {
  const documents = createMemoryDocuments();
  const dataset = digestOf("version");
  const edit = { ...row, provider: "edited", run: "", job: "", step: null, dataset, authorName: "night shift" };
  const versions = await describeVersions({ documents } as unknown as Stores, [edit, row]);
  expect(versions).toMatchObject([
    { model: null, prompt: null, microUsd: 0, voices: [], run: null, dataset, author: "night shift" },
    { microUsd: null, voices: [], run: "run_1" },
  ]);
});
