import { workerData } from "node:worker_threads";
import { type RgbImage, UserError } from "@loramill/contracts";
import * as ort from "onnxruntime-node";
import { cutSquare } from "../pictures/cut-square.ts";
import { answerQuestions } from "../threads/answer-questions.ts";
import type { TaggerThreadData } from "./wd-tagger.ts";

/** The thread that tags, one picture after the other: the runtime computes on the thread that asks it. */
const { model, tags, threads } = workerData as TaggerThreadData;
const WHITE = 255;

interface Opened {
  readonly session: ort.InferenceSession;
  readonly input: string;
  readonly output: string;
  /** Of the square picture that the model takes, in pixels. */
  readonly side: number;
}

async function open(): Promise<Opened> {
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  }).catch((error: unknown) => {
    throw unfit(`it cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
  });
  const [input] = session.inputMetadata;
  const [output] = session.outputNames;
  const [, height, width, channels] = input?.isTensor ? input.shape : [];
  if (!input?.isTensor || output === undefined || typeof height !== "number" || height !== width || channels !== 3) {
    throw unfit("it does not take square pictures of three channels, the channels last");
  }
  return { session, input: input.name, output, side: height };
}

const unfit = (why: string) =>
  new UserError(`the file of WD_TAGGER_MODEL is no WD tagger: ${why}`, { code: "bad-tagger" });

let opened: Promise<Opened> | null = null;

async function scoreTags(image: RgbImage): Promise<Float32Array> {
  opened ??= open();
  const { session, input, output, side } = await opened;
  const longest = Math.max(image.width, image.height);
  const square = { left: (image.width - longest) / 2, top: (image.height - longest) / 2, side: longest };
  const rgb = cutSquare(image, square, side, WHITE);
  // Blue first, as OpenCV reads pictures, 0 to 255.
  const values = new Float32Array(rgb.length);
  for (let at = 0; at < rgb.length; at += 3) {
    values[at] = rgb[at + 2] as number;
    values[at + 1] = rgb[at + 1] as number;
    values[at + 2] = rgb[at] as number;
  }
  const results = await session.run({ [input]: new ort.Tensor("float32", values, [1, side, side, 3]) });
  const scores = results[output]?.data;
  if (!(scores instanceof Float32Array)) throw unfit("it answers no float32 values");
  if (scores.length !== tags) {
    throw new UserError(
      `WD_TAGGER_MODEL scores ${scores.length} tags and WD_TAGGER_TAGS lists ${tags}: they are of two models`,
      {
        code: "bad-tagger",
      },
    );
  }
  return scores;
}

answerQuestions(scoreTags, async () => {
  // A file that could not be opened holds nothing; its questions were told why.
  const open = await opened?.catch(() => null);
  await open?.session.release();
});
