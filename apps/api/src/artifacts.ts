import {
  type ArtifactList,
  type ArtifactView,
  blobKey,
  Digest,
  documentKey,
  loraFileName,
  loraFiles,
  type RefusedItem,
  type RunView,
  type StepView,
  type Stores,
  type TrainingSample,
} from "@loramill/contracts";
import type { z } from "zod";
import type { SignedObjects } from "./deps.ts";
import { drawnSamples } from "./drawn-samples.ts";
import { listGenerations, type StepRest } from "./generation-artifacts.ts";
import { createUrlSigner } from "./sign-url.ts";

/**
 * What a person may want of a run, read from the documents that its steps put out; of a generate step also what it made
 * before it failed or was cancelled, of a training the samples that it has drawn so far. The pictures of the dataset are listed only when asked for: there may be very many.
 */
export async function listArtifacts(
  run: RunView,
  stores: Stores,
  options: { urlSeconds: number; datasetImages: boolean; signedObjects: SignedObjects | null; rest: StepRest },
): Promise<z.output<typeof ArtifactList>> {
  const signed = createUrlSigner({ stores, ...options });
  const ofDocument = async (step: StepView, kind: string, name: string, digest: Digest): Promise<ArtifactView> => ({
    step: step.name,
    kind,
    name,
    digest,
    bytes: null,
    mediaType: "application/json",
    url: await signed(documentKey(kind, digest)),
    metadata: {},
  });
  const ofBlob = async (
    step: StepView,
    facts: Pick<ArtifactView, "kind" | "name" | "digest" | "bytes" | "mediaType" | "metadata">,
  ): Promise<ArtifactView> => ({
    step: step.name,
    ...facts,
    url: await signed(blobKey(facts.digest)),
  });

  const artifacts: ArtifactView[] = [];
  const refused: RefusedItem[] = [];
  for (const step of run.steps) {
    // A dataset that a gate blocked has no output and is explained all the same.
    const report = step.kind === "dataset" ? Digest.safeParse(step.summary.report ?? step.error?.details.report) : null;
    if (report?.success) {
      const facts = { kind: "dataset-report", name: "dataset-report.html", bytes: null, mediaType: "text/html" };
      artifacts.push(await ofBlob(step, { ...facts, digest: report.data, metadata: {} }));
    }
    if (step.kind === "generate") {
      const made = await listGenerations(step, stores, options.rest);
      for (const file of made.files) artifacts.push(await ofBlob(step, file));
      refused.push(...made.refused);
    }
    if (step.kind === "train" && step.output === null) {
      for (const sample of drawnSamples(await options.rest.samples(), step.name)) {
        artifacts.push(await ofBlob(step, toSample(sample)));
      }
    }
    if (step.output === null) continue;
    if (step.kind === "dataset") artifacts.push(await ofDocument(step, "dataset", "dataset.json", step.output));
    const frames = step.kind === "source" ? Digest.safeParse(step.summary.manifest) : null;
    if (frames?.success) {
      const facts = { kind: "frames", name: "manifest.json", bytes: null, mediaType: "application/json" };
      artifacts.push(await ofBlob(step, { ...facts, digest: frames.data, metadata: {} }));
    }
    if (step.kind === "dataset" && options.datasetImages) {
      for (const part of (await stores.documents.get("dataset", step.output)).parts) {
        for (const image of (await stores.documents.get("dataset-part", part)).images) {
          artifacts.push(
            await ofBlob(step, {
              kind: "dataset-image",
              name: image.path,
              digest: image.prepared.blob.sha256,
              bytes: image.prepared.blob.bytes,
              mediaType: image.prepared.blob.mediaType,
              metadata: { original: image.original.sha256, width: image.prepared.width, height: image.prepared.height },
            }),
          );
        }
      }
    }
    if (step.kind === "caption") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const [index, part] of parts.entries()) {
        artifacts.push(await ofDocument(step, "captions", `captions-${pad(index, 4)}.json`, part));
      }
    }
    if (step.kind === "train" || step.kind === "lora") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const part of parts) {
        const lora = await stores.documents.get("lora", part);
        artifacts.push(await ofDocument(step, "lora", `${lora.name}.lora.json`, part));
        for (const { role, weights, tensorsSha256 } of loraFiles(lora)) {
          const { sha256: digest, bytes, mediaType } = weights;
          const { triggerWord, family, steps, finalLoss } = lora;
          const metadata = { document: part, role, tensorsSha256, triggerWord, family, steps, finalLoss };
          const facts = { kind: "lora-weights", name: loraFileName(lora.name, role), digest, bytes, mediaType };
          artifacts.push(await ofBlob(step, { ...facts, metadata }));
        }
        for (const sample of lora.samples) artifacts.push(await ofBlob(step, toSample(sample, lora.name)));
      }
    }
    if (step.kind === "lora-report") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const part of parts) artifacts.push(await ofDocument(step, "lora-report", "lora-report.json", part));
    }
    if (step.kind === "verify") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const part of parts) artifacts.push(await ofDocument(step, "replay-report", "replay-report.json", part));
    }
    if (step.kind === "model") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const part of parts) {
        const { name, weights, family } = await stores.documents.get("model", part);
        artifacts.push(await ofDocument(step, "model", `${name}.model.json`, part));
        artifacts.push(
          await ofBlob(step, {
            kind: "model-weights",
            name: `${name}.safetensors`,
            digest: weights.sha256,
            bytes: weights.bytes,
            mediaType: weights.mediaType,
            metadata: { document: part, family },
          }),
        );
      }
    }
    if (step.kind === "grid") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const part of parts) {
        const { image, ...facts } = await stores.documents.get("contact-sheet", part);
        const { sha256: digest, bytes, mediaType } = image;
        const sheet = { kind: "contact-sheet", name: "contact-sheet.png", digest, bytes, mediaType, metadata: facts };
        artifacts.push(await ofBlob(step, sheet));
      }
    }
  }
  return { items: artifacts, refused };
}

function toSample({ step, index, prompt, image }: TrainingSample, lora?: string) {
  const { sha256: digest, bytes, mediaType } = image;
  return {
    kind: "training-sample",
    name: `step-${pad(step, 6)}-${pad(index, 2)}.${mediaType.split("/")[1] ?? "png"}`,
    digest,
    bytes,
    mediaType,
    metadata: { ...(lora === undefined ? {} : { lora }), step, index, prompt },
  };
}

const pad = (value: number, width: number) => String(value).padStart(width, "0");
