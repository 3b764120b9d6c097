import { type BundleLimits, badBundle, openBundle } from "@loramill/bundles";
import type { Catalog } from "@loramill/catalog";
import {
  blobKey,
  type Digest,
  type DocumentAt,
  type ImportAnswer,
  loraFiles,
  outputAt,
  type ProjectId,
  type Stores,
  UserError,
} from "@loramill/contracts";
import { fileHashes, objectSource } from "@loramill/lora";
import { type ReceivedBundle, receiveBundle } from "./receive-bundle.ts";
import { recordsOf } from "./records-of.ts";
import { type StepContent, stepContents } from "./step-contents.ts";
import { withoutReports } from "./without-reports.ts";

export interface ImportRequest {
  /** Asked for when the bundle is known to be right: a refused one makes no project. */
  readonly project: () => Promise<ProjectId>;
  readonly reuse: boolean;
  /** Who imports, for the catalog. */
  readonly actor: string;
  readonly limits: BundleLimits;
  readonly signal: AbortSignal;
}

/**
 * Reads a bundle into a project. Nothing of it can be seen before all of it was read and found to be right; then everything
 * becomes visible at once. Throws UserError `bad-bundle`, `unknown-bundle`, `too-large`.
 */
export async function importBundle(
  body: AsyncIterable<Uint8Array>,
  { project, reuse, actor, limits, signal }: ImportRequest,
  { catalog, stores }: { readonly catalog: Pick<Catalog, "bundles">; readonly stores: Stores },
): Promise<ImportAnswer> {
  const bundle = await openBundle(body, limits);
  const { manifest } = bundle;
  const received = await receiveBundle(bundle, stores, signal);
  await checkLoras(received, stores);
  const documentOf = (digest: Digest) => stores.documents.get("lora", digest);
  const loras = await Promise.all(
    received.library.loras.map(async (record) => ({ record, document: await documentOf(record.document) })),
  );
  const contents = received.run === null ? [] : await stepContents(received.run.steps, received, stores, signal);
  const namesOf = (of: (content: StepContent) => boolean) => new Set(contents.filter(of).map(({ step }) => step));
  const published = await catalog.bundles.publish({
    ...{ project: await project(), reuse, actor, bundle: manifest.digest, exportedBy: manifest.writtenBy, loras },
    run: received.run === null ? null : { ...received.run, steps: withoutReports(received.run.steps) },
    whole: namesOf(({ isWhole }) => isWhole),
    lacking: namesOf(({ isShown }) => !isShown),
    library: received.library,
    recordsOf: (step) => recordsOf(rootsOf(step, received), stores, signal),
  });
  const { run, isNew, recipes } = published;
  return {
    ...{ kind: manifest.kind, name: manifest.name, bundle: manifest.digest, run, isNew },
    ...{ documents: received.documents, blobs: received.blobs, loras: published.loras, datasets: published.datasets },
    recipes: { ...recipes, kept: [...recipes.kept] },
    steps: contents.map(({ step, isWhole, reason }) => ({
      step,
      reusable: reuse && isWhole,
      reason: reuse || !isWhole ? reason : "it was imported to be looked at, not to be reused",
    })),
    warnings: recipes.kept.map((name) => `the recipe ${name} means another one here, which was kept`),
  };
}

/** The documents whose content the library shows: of a step, or of the datasets of a project's state. */
function rootsOf(step: string | null, { run, library }: ReceivedBundle): DocumentAt[] {
  if (step === null) return library.datasets.map(({ digest }) => ({ kind: "dataset", digest }));
  const { planned, record } = run?.steps.find(({ record: { name } }) => name === step) ?? {};
  // The pictures of a dataset are among those that were prepared for it.
  if (planned === undefined || planned.kind === "dataset" || record?.output == null) return [];
  const at = outputAt(planned.kind, record.output);
  return at === null ? [] : [at];
}

/** Every LoRA of a bundle is one or two safetensors files that hold the tensors its document says. Throws UserError `bad-bundle`. */
async function checkLoras({ reached }: ReceivedBundle, stores: Stores): Promise<void> {
  for (const { kind, digest } of reached.documents.values()) {
    if (kind !== "lora") continue;
    const lora = await stores.documents.get("lora", digest);
    for (const { weights, tensorsSha256 } of loraFiles(lora)) {
      if ((await tensorsOf(weights.sha256, stores)) !== tensorsSha256)
        throw badBundle(`the file of the LoRA ${lora.name} holds other tensors than its document says`);
    }
  }
}

async function tensorsOf(weights: Digest, { objects }: Stores): Promise<Digest> {
  try {
    return (await fileHashes(await objectSource(objects, blobKey(weights)))).tensorsSha256;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw badBundle(`blobs/${weights} is no LoRA file: ${error.message}`, error);
  }
}
