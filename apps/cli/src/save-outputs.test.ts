import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArtifactView, RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { expect, it, onTestFinished } from "vitest";
import { saveOutputs } from "./save-outputs.ts";

it("saves the pictures of a training beside its curve, whatever the server calls them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "save-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const sample = (name: string): ArtifactView => ({
    step: "train",
    kind: "training-sample",
    name,
    digest: "a".repeat(64),
    bytes: 3,
    mediaType: "image/png",
    url: `https://example.com/${name}`,
    metadata: { lora: "../reds", step: 20, index: 0, prompt: "sks" },
  });
  const client = {
    listArtifacts: async () => ({ items: [sample("step-000020-00.png"), sample("../../out.png")], refused: [] }),
    download: async (url: string) => Buffer.from(url),
    getPlan: async () => ({}),
    cost: async () => ({}),
  } as unknown as Client;
  const run = { id: "run_1" } as unknown as RunView;
  const { files } = await saveOutputs({ client, run, folder, loraFolder: folder, datasetFolder: null });
  const samples = join(folder, "training", "reds", "samples");
  expect(files).toEqual([join(samples, "step-000020-00.png"), join(samples, "out.png")]);
  expect(await readFile(join(samples, "step-000020-00.png"), "utf8")).toBe("https://example.com/step-000020-00.png");
});

it("saves a checkpoint piece by piece, and the reports on LoRAs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "save-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const artifact = (kind: string, name: string) => ({ step: kind, kind, name, url: `https://example.com/${name}` });
  const client = {
    listArtifacts: async () => ({
      items: [artifact("model-weights", "toys.safetensors"), artifact("lora-report", "lora-report.json")],
      refused: [],
    }),
    download: async (url: string) => {
      if (url.endsWith(".safetensors")) throw new Error("a checkpoint may be larger than memory");
      return Buffer.from(url);
    },
    openArtifact: async () => new Blob(["a ", "checkpoint"]).stream(),
    getPlan: async () => ({}),
    cost: async () => ({}),
  } as unknown as Client;
  const run = { id: "run_1" } as unknown as RunView;
  const { files } = await saveOutputs({ client, run, folder, loraFolder: folder, datasetFolder: null });
  expect(files).toEqual([join(folder, "toys.safetensors"), join(folder, "lora-report.json")]);
  expect(await readFile(join(folder, "toys.safetensors"), "utf8")).toBe("a checkpoint");
});

it("saves pictures and clips with all that is known of each, the sheet, and what was refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "save-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const artifact = (kind: string, name: string, metadata = {}) => ({
    kind,
    name,
    url: `https://example.com/${name}`,
    metadata,
  });
  const refused = [{ step: "generate", path: "item 2", code: "content-policy", message: "no" }];
  const client = {
    listArtifacts: async () => ({
      items: [
        artifact("image", "0000-a-v1.5-seed1.webp", { seed: 1 }),
        artifact("clip", "0001-b.mp4", { frames: 8 }),
        artifact("contact-sheet", "contact-sheet.png"),
      ],
      refused,
    }),
    download: async (url: string) => Buffer.from(url),
    openArtifact: async (url: string) => new Blob([url]).stream(),
    getPlan: async () => ({}),
    cost: async () => ({}),
  } as unknown as Client;
  const run = { id: "run_1" } as unknown as RunView;
  const saved = await saveOutputs({ client, run, folder, loraFolder: folder, datasetFolder: null });
  expect(saved).toMatchObject({
    images: [join(folder, "images", "0000-a-v1.5-seed1.webp")],
    clips: [join(folder, "clips", "0001-b.mp4")],
    sheet: join(folder, "contact-sheet.png"),
    refused,
  });
  const read = async (...path: string[]) => JSON.parse(await readFile(join(folder, ...path), "utf8"));
  expect(await read("images", "0000-a-v1.5-seed1.json")).toEqual({ seed: 1 });
  expect(await read("clips", "0001-b.json")).toEqual({ frames: 8 });
  expect(await read("refused.json")).toEqual(refused);
});
