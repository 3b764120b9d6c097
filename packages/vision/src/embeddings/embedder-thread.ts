import { workerData } from "node:worker_threads";
import * as ort from "onnxruntime-node";
import { readTokenizer } from "../text/tokenizer-file.ts";
import { answerQuestions } from "../threads/answer-questions.ts";
import { unfit } from "./model-files.ts";
import type { EmbedderThreadData, EmbedQuestion } from "./open-embedder.ts";

/** The thread that embeds, one question after the other: the runtime computes on the thread that asks it. */
const model = workerData as EmbedderThreadData;
/** The projections of CLIP; SigLIP's vectors are what it pools. */
const OUTPUTS = { picture: ["image_embeds", "pooler_output"], text: ["text_embeds", "pooler_output"] } as const;
type Side = keyof typeof OUTPUTS;

const sessions = new Map<string, Promise<ort.InferenceSession>>();

function sessionOf(path: string): Promise<ort.InferenceSession> {
  const known = sessions.get(path);
  if (known !== undefined) return known;
  const opening = ort.InferenceSession.create(path, {
    intraOpNumThreads: model.threads,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  }).catch((error: unknown) => {
    throw unfit(`${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, error);
  });
  sessions.set(path, opening);
  return opening;
}

const tokenizer = await readTokenizer(model.tokenizer, model.tokenizerConfig);
const padId = (model.padToken === null ? null : tokenizer.idOf(model.padToken)) ?? 0;

function pictureFeeds(values: Float32Array): Record<string, ort.Tensor> {
  return { pixel_values: new ort.Tensor("float32", values, [1, 3, model.size.height, model.size.width]) };
}

/** Ids of texts in rows of one length, and which of them are padding. */
function textFeeds(texts: readonly string[], fixedLength: number | null): Record<string, ort.Tensor> {
  const rows = texts.map((text) => tokenizer.encode(text, model.maxTokens));
  const longest = Math.max(1, ...rows.map(({ length }) => length));
  const length = fixedLength ?? (model.padsToMax ? model.maxTokens : longest);
  const ids = new BigInt64Array(rows.length * length).fill(BigInt(padId));
  const mask = new BigInt64Array(ids.length);
  for (const [row, tokens] of rows.entries()) {
    for (const [at, id] of tokens.slice(0, length).entries()) {
      ids[row * length + at] = BigInt(id);
      mask[row * length + at] = 1n;
    }
  }
  const shape = [rows.length, length];
  return { input_ids: new ort.Tensor("int64", ids, shape), attention_mask: new ort.Tensor("int64", mask, shape) };
}

function fixedLengthOf(session: ort.InferenceSession): number | null {
  const input = session.inputMetadata.find(({ name }) => name === "input_ids");
  const length = input?.isTensor ? input.shape[1] : undefined;
  return typeof length === "number" && length > 0 ? length : null;
}

async function embed(question: EmbedQuestion): Promise<Float32Array[]> {
  const side: Side = "values" in question ? "picture" : "text";
  const session = await sessionOf(side === "picture" ? model.pictureModel : model.textModel);
  // A file of both sides computes both: the side that was not asked about gets the least that it takes.
  const feeds = {
    ...pictureFeeds(
      "values" in question ? question.values : new Float32Array(3 * model.size.width * model.size.height),
    ),
    ...textFeeds("texts" in question ? question.texts : [""], fixedLengthOf(session)),
  };
  const foreign = session.inputNames.find((name) => !(name in feeds));
  if (foreign !== undefined) throw unfit(`its ${side} model wants ${foreign}, which CLIP's models do not`);
  const wanted = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)));
  const output = OUTPUTS[side].find((name) => session.outputNames.includes(name));
  if (output === undefined) throw unfit(`its ${side} model answers no ${OUTPUTS[side].join(" or ")}`);
  const result = (await session.run(wanted, [output]))[output];
  const count = "texts" in question ? question.texts.length : 1;
  const [rows, dimensions = 0] = result?.dims ?? [];
  if (!(result?.data instanceof Float32Array) || rows !== count || result.dims.length !== 2) {
    throw unfit(`its ${side} model answers no vector of 32-bit numbers for each of ${count}`);
  }
  checkDimensions(side, dimensions);
  const { data } = result;
  return Array.from({ length: count }, (_, row) => unit(data.slice(row * dimensions, (row + 1) * dimensions), side));
}

const dimensionsOf = new Map<Side, number>();

/** Pictures and texts must be points of one space. */
function checkDimensions(side: Side, dimensions: number): void {
  dimensionsOf.set(side, dimensions);
  const [pictures, texts] = [dimensionsOf.get("picture"), dimensionsOf.get("text")];
  if (pictures === undefined || texts === undefined || pictures === texts) return;
  throw unfit(`pictures have ${pictures} dimensions and texts ${texts}: the files are of two models`);
}

function unit(vector: Float32Array, side: Side): Float32Array {
  const length = Math.hypot(...vector);
  if (!(length > 0 && Number.isFinite(length))) throw unfit(`its ${side} model answers numbers that are none`);
  return vector.map((value) => value / length);
}

answerQuestions(embed, async () => {
  // A file that could not be opened holds nothing; its questions were told why.
  for (const opening of sessions.values()) await (await opening.catch(() => null))?.release();
});
