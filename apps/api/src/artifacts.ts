import {
  type ArtifactView,
  blobKey,
  Digest,
  documentKey,
  type Generation,
  type JsonObject,
  loraFileName,
  loraFiles,
  type RunView,
  type StepView,
  type Stores,
} from "@loramill/contracts";
import type { SignedObjects } from "./deps.ts";
import { createUrlSigner } from "./sign-url.ts";

/**
 * What a person may want of a run, read from the documents that its steps put out. The pictures of the dataset are
 * listed only when asked for: there may be very many.
 */
export async function listArtifacts(
  run: RunView,
  stores: Stores,
  options: { urlSeconds: number; datasetImages: boolean; signedObjects: SignedObjects | null },
): Promise<ArtifactView[]> {
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
  for (const step of run.steps) {
    // A dataset that a gate blocked has no output and is explained all the same.
    const report = step.kind === "dataset" ? Digest.safeParse(step.summary.report ?? step.error?.details.report) : null;
    if (report?.success) {
      const facts = { kind: "dataset-report", name: "dataset-report.html", bytes: null, mediaType: "text/html" };
      artifacts.push(await ofBlob(step, { ...facts, digest: report.data, metadata: {} }));
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
        for (const { step: at, index, prompt, image } of lora.samples) {
          artifacts.push(
            await ofBlob(step, {
              kind: "training-sample",
              name: `step-${pad(at, 6)}-${pad(index, 2)}.${image.mediaType.split("/")[1] ?? "png"}`,
              digest: image.sha256,
              bytes: image.bytes,
              mediaType: image.mediaType,
              metadata: { lora: lora.name, step: at, index, prompt },
            }),
          );
        }
      }
    }
    if (step.kind === "lora-report") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const part of parts) artifacts.push(await ofDocument(step, "lora-report", "lora-report.json", part));
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
    if (step.kind === "generate") {
      const { parts } = await stores.documents.get("parts", step.output);
      for (const part of parts) {
        const { generations } = await stores.documents.get("generations", part);
        for (const generation of generations) {
          artifacts.push(
            await ofBlob(step, {
              kind: "image",
              name: imageName(generation),
              digest: generation.image.sha256,
              bytes: generation.image.bytes,
              mediaType: generation.image.mediaType,
              metadata: generation as unknown as JsonObject,
            }),
          );
        }
      }
    }
  }
  return artifacts;
}

/** "0003-a-photo-of-zorb-seed2-x0.8.png": sorts by place in the grid, and says what it is. */
function imageName({ index, prompt, seed, loras, image }: Generation): string {
  const words = prompt
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40);
  const strength = loras[0]?.strength ?? 0;
  const extension = image.mediaType.split("/")[1] ?? "png";
  return `${pad(index, 4)}-${words}-seed${seed}-x${strength}.${extension}`;
}

const pad = (value: number, width: number) => String(value).padStart(width, "0");
