import { createRequire } from "node:module";
import { resolve, sep } from "node:path";
import { workerData } from "node:worker_threads";
import { PermanentError, type RgbImage, TransientError } from "@loramill/contracts";
import { answerQuestions } from "../threads/answer-questions.ts";
import type { Library, OpenOptions } from "./library.ts";
import { kindOf, unfit } from "./model-folder.ts";
import type { TransformersThreadData } from "./transformers-captioner.ts";

/** The thread that captions, one picture after the other, so that the event loop stays free. */
const { library: path, model, models, hub, detail, dtype, device, maxNewTokens } = workerData as TransformersThreadData;

const TASKS = {
  caption: "<CAPTION>",
  detailed: "<DETAILED_CAPTION>",
  "more-detailed": "<MORE_DETAILED_CAPTION>",
} as const;

interface Opened {
  caption(image: RgbImage): Promise<string>;
  dispose(): Promise<unknown>;
}

function load(): Library {
  let library: Library;
  try {
    library = createRequire(import.meta.url)(path) as Library;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PermanentError(`@huggingface/transformers is installed and cannot be loaded: ${why}`, {
      code: "transformers-unavailable",
      cause: error,
    });
  }
  library.env.allowRemoteModels = hub;
  library.env.allowLocalModels = true;
  library.env.localModelPath = resolve(models) + sep;
  library.env.cacheDir = resolve(models);
  return library;
}

async function open(): Promise<Opened> {
  const library = load();
  const { AutoConfig, RawImage } = library;
  const { model_type } = await AutoConfig.from_pretrained(model);
  const options: OpenOptions = { dtype, device };
  if (kindOf(model_type) === "florence2") return openFlorence(library, options);
  const pipe = await library.pipeline("image-to-text", model, options);
  return {
    async caption({ rgb, width, height }) {
      const [answer] = await pipe(new RawImage(rgb, width, height, 3), { max_new_tokens: maxNewTokens });
      return answer?.generated_text ?? "";
    },
    dispose: () => pipe.dispose(),
  };
}

async function openFlorence(
  { AutoProcessor, Florence2ForConditionalGeneration, RawImage }: Library,
  options: OpenOptions,
): Promise<Opened> {
  const processor = await AutoProcessor.from_pretrained(model);
  const florence = await Florence2ForConditionalGeneration.from_pretrained(model, options);
  const task = TASKS[detail];
  return {
    async caption({ rgb, width, height }) {
      const inputs = await processor(new RawImage(rgb, width, height, 3), task);
      const ids = await florence.generate({ ...inputs, max_new_tokens: maxNewTokens });
      const [text = ""] = processor.batch_decode(ids, { skip_special_tokens: false });
      const answer = processor.post_process_generation(text, task, [height, width])[task];
      return typeof answer === "string" ? answer.replaceAll("<pad>", "") : "";
    },
    dispose: () => florence.dispose(),
  };
}

let opened: Promise<Opened> | null = null;

async function captionPicture(image: RgbImage): Promise<string> {
  opened ??= open().catch((error: unknown) => {
    // The files may be put right, or the hub answer, while the process lives.
    opened = null;
    throw error instanceof PermanentError
      ? error
      : failure(error, (why) => unfit(`${model} cannot be opened: ${why}`, error));
  });
  const { caption } = await opened;
  try {
    return (await caption(image)).trim();
  } catch (error) {
    throw failure(
      error,
      (why) =>
        new TransientError(`${model} failed on the picture: ${why}`, { code: "transformers-failed", cause: error }),
    );
  }
}

/** Memory that is short may be there later; the library has no class for it, and ONNX Runtime only the text of C++'s. */
function failure(error: unknown, otherwise: (why: string) => PermanentError | TransientError): Error {
  const why = error instanceof Error ? error.message : String(error);
  if (!(error instanceof RangeError) && !/bad_alloc|failed to allocate memory/i.test(why)) return otherwise(why);
  return new TransientError(
    `${model} does not fit into the memory that is free (${why}): choose a smaller TRANSFORMERS_DTYPE such as q8, or a smaller model`,
    { code: "out-of-memory", cause: error },
  );
}

answerQuestions(captionPicture, async () => {
  // A model that could not be opened holds nothing; its questions were told why.
  await (await opened?.catch(() => null))?.dispose();
});
