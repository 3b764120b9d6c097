import { finishCaption } from "@loramill/captioning";
import {
  type Caption,
  type Digest,
  digestOf,
  type InputOf,
  type JobContext,
  type Recipe,
  type RunId,
  type Stores,
  type TrainingImage,
  type TrainingRequest,
  UserError,
} from "@loramill/contracts";
import { lineageMetadata } from "@loramill/lora";

type Input = InputOf<"train-lora">;

/** Asked for at every turn of a training, and the same each time: the last few are held. */
export interface RequestLoader {
  load(input: Input, ctx: Pick<JobContext, "job" | "run" | "signal">): Promise<TrainingRequest>;
}

const HELD = 4;

/** `planOf` answers the digest of the plan that a run follows; left out, the lineage names none. */
export function createRequestLoader(
  stores: Stores,
  planOf: (run: RunId) => Promise<Digest | null> = async () => null,
): RequestLoader {
  const held = new Map<Digest, TrainingRequest>();
  return {
    async load(input, ctx) {
      const key = digestOf({ input, job: ctx.job, run: ctx.run });
      const found = held.get(key);
      if (found !== undefined) return found;
      const plan = await planOf(ctx.run);
      const request = await buildRequest({ input, plan }, stores, ctx);
      held.set(key, request);
      if (held.size > HELD) held.delete(held.keys().next().value ?? "");
      return request;
    },
  };
}

/**
 * Joins a dataset with its captions. Captions of the caption step win; without one those that came with the pictures are
 * used, with the trigger word put first. Throws UserError `no-captions` when no picture has one and the dataset's gates
 * did not allow that, `no-images` when there is nothing to train on.
 */
async function buildRequest(
  { input, plan }: { readonly input: Input; readonly plan: Digest | null },
  stores: Stores,
  ctx: Pick<JobContext, "job" | "run" | "signal">,
): Promise<TrainingRequest> {
  const { params, inputs } = input;
  const manifest = await stores.documents.get("dataset", inputs.dataset);
  const written = inputs.caption === undefined ? null : await readCaptions(inputs.caption, stores, ctx.signal);
  const images: TrainingImage[] = [];
  let captioned = 0;
  for (const part of manifest.parts) {
    ctx.signal.throwIfAborted();
    for (const { path, prepared, caption } of (await stores.documents.get("dataset-part", part)).images) {
      const own = written === null ? finish(caption?.text ?? "", params.triggerWord) : written.get(path)?.text;
      const text = own ?? finish("", params.triggerWord);
      if (written === null ? caption !== undefined : own !== undefined) captioned += 1;
      images.push({ image: prepared.blob, width: prepared.width, height: prepared.height, caption: text });
    }
  }
  if (images.length === 0) {
    throw new UserError(
      `The dataset ${manifest.name} has no picture left to train on: see what was dropped and refused`,
      {
        code: "no-images",
      },
    );
  }
  const verdict = manifest.gates.find(({ gate }) => gate === "no-captions")?.verdict;
  if (captioned === 0 && (written !== null || verdict === "block")) {
    throw new UserError(
      "No picture has a caption: add `caption` to the run, put image.txt files beside the pictures, or set dataset.gates.onNoCaptions to warn",
      { code: "no-captions", details: { field: "caption" } },
    );
  }
  return {
    marker: ctx.job,
    backendVersion: params.backendVersion,
    name: params.name,
    triggerWord: params.triggerWord,
    recipe: params.recipe,
    images,
    ...(await regularisationOf(params.recipe, stores, ctx.signal)),
    ...(params.placement === undefined ? {} : { placement: params.placement }),
    metadata: lineageMetadata({
      name: params.name,
      triggerWord: params.triggerWord,
      recipe: params.recipe,
      dataset: inputs.dataset,
      ...(inputs.caption === undefined ? {} : { captions: inputs.caption }),
      ...(plan === null ? {} : { plan }),
      images: images.length,
      run: ctx.run,
      baseModelDigest: params.backendVersion,
      backend: params.backend,
    }),
  };
}

/** Pictures of the class with the captions that came with them; the trigger word must not be among these. */
async function regularisationOf(
  { regularisation }: Recipe,
  stores: Stores,
  signal: AbortSignal,
): Promise<Pick<TrainingRequest, "regularisationImages">> {
  if (regularisation === null) return {};
  const images: TrainingImage[] = [];
  for (const part of (await stores.documents.get("dataset", regularisation.dataset)).parts) {
    signal.throwIfAborted();
    for (const { prepared, caption } of (await stores.documents.get("dataset-part", part)).images) {
      const { blob, width, height } = prepared;
      images.push({ image: blob, width, height, caption: finish(caption?.text ?? "", null) });
    }
  }
  return { regularisationImages: images };
}

function finish(text: string, triggerWord: string | null): string {
  return finishCaption(text, {
    maxWords: 512,
    tags: [],
    invented: "keep",
    ...(triggerWord === null ? {} : { triggerWord }),
  });
}

/** All captions of a caption step by the path of their picture, which is unique in a dataset. */
async function readCaptions(digest: Digest, stores: Stores, signal: AbortSignal): Promise<Map<string, Caption>> {
  const captions = new Map<string, Caption>();
  for (const part of (await stores.documents.get("parts", digest)).parts) {
    signal.throwIfAborted();
    for (const caption of (await stores.documents.get("captions", part)).captions) captions.set(caption.path, caption);
  }
  return captions;
}
