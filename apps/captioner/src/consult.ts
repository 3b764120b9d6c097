import { fusePrompt, longestAnswer, similarity, voteOnParts } from "@loramill/captioning";
import {
  type CaptionEnsemble,
  type Captioner,
  type CaptionVoice,
  type Charge,
  digestOf,
  type ImageTextEmbedder,
  PermanentError,
  type TextModel,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { askOnce, type Question } from "./ask-once.ts";
import { costOf } from "./purse.ts";
import { rememberPaid } from "./remember-paid.ts";

/** What one or several captioners say about a picture. */
export interface Said {
  readonly text: string;
  /** Id of the captioner whose words these are, or how they were made from several. */
  readonly provider: string;
  readonly prompt?: string;
  readonly charges: readonly Charge[];
  /** Whether anything was asked in this turn. */
  readonly asked: boolean;
  readonly voices?: readonly CaptionVoice[];
}

export interface Consultation extends Omit<Question, "captioner"> {
  readonly captioners: readonly Captioner[];
  readonly combine: CaptionEnsemble["combine"] | null;
  readonly fuser: TextModel | null;
  readonly embedder: ImageTextEmbedder | null;
}

interface Voice extends CaptionVoice {
  readonly text: string;
  readonly charges: readonly Charge[];
  readonly asked: boolean;
}

/**
 * Asks one captioner, or several as the ensemble says. Throws what the last one threw when none has anything to say, and
 * TransientError when waiting may bring an answer that would be missed.
 */
export async function consult(consultation: Consultation): Promise<Said> {
  const { combine, captioners } = consultation;
  const [only] = captioners;
  if (combine === null && only !== undefined) {
    const { text, prompt, charges, asked } = await ask(only, consultation);
    return { text, provider: only.id, charges, asked, ...(prompt === undefined ? {} : { prompt }) };
  }
  return combine === "first" || combine === null ? firstOf(consultation) : allOf(consultation, combine);
}

async function ask(captioner: Captioner, consultation: Consultation): Promise<Voice> {
  const { text, prompt, charges, remembered } = await askOnce({ ...consultation, captioner });
  const microUsd = costOf(charges);
  const said = { provider: captioner.id, raw: text, text, microUsd, charges, asked: !remembered };
  return prompt === undefined ? said : { ...said, prompt };
}

/** Waiting for these brings the answer that was wanted; everything else is the next captioner's turn. */
const WORTH_WAITING = new Set(["rate-limited", "model-loading"]);
/** Beyond this the next one in a chain is asked instead, in milliseconds. */
const MAX_CHAIN_WAIT_MS = 60_000;

async function firstOf(consultation: Consultation): Promise<Said> {
  const silent: CaptionVoice[] = [];
  let last: unknown;
  for (const [index, captioner] of consultation.captioners.entries()) {
    const hasOther = index < consultation.captioners.length - 1;
    try {
      const voice = await ask(captioner, { ...consultation, hasOther });
      const { text, provider, prompt, charges, asked } = voice;
      const voices = [...silent, recordOf(voice)];
      return { text, provider, charges, asked, voices, ...(prompt === undefined ? {} : { prompt }) };
    } catch (error) {
      consultation.signal.throwIfAborted();
      consultation.waiting.throwIfAborted();
      if (!isOurs(error) || (isWait(error) && hasOther)) throw error;
      silent.push(silence(captioner, error));
      last = error;
    }
  }
  throw last;
}

async function allOf(consultation: Consultation, combine: Exclude<CaptionEnsemble["combine"], "first">): Promise<Said> {
  const { captioners } = consultation;
  const results = await Promise.allSettled(
    captioners.map((captioner) => ask(captioner, { ...consultation, hasOther: captioners.length > 1 })),
  );
  consultation.signal.throwIfAborted();
  consultation.waiting.throwIfAborted();
  const voices: Voice[] = [];
  const records: CaptionVoice[] = [];
  let last: unknown;
  for (const [index, result] of results.entries()) {
    const captioner = captioners[index] as Captioner;
    if (result.status === "fulfilled") {
      voices.push(result.value);
      records.push(recordOf(result.value));
      continue;
    }
    const error: unknown = result.reason;
    // The others' answers are remembered: the next turn asks only this one.
    if (!isOurs(error) || isWait(error)) throw error;
    records.push(silence(captioner, error));
    last = error;
  }
  if (voices.length === 0) throw last;
  const made = await combined(voices, combine, consultation);
  const charges = [...voices.flatMap((voice) => voice.charges), ...made.charges];
  return { ...made, charges, asked: made.asked || voices.some(({ asked }) => asked), voices: records };
}

type Made = Pick<Said, "text" | "provider" | "charges" | "asked" | "prompt">;

async function combined(
  voices: readonly Voice[],
  combine: Exclude<CaptionEnsemble["combine"], "first">,
  consultation: Consultation,
): Promise<Made> {
  const take = (voice: Voice | undefined): Made => ({
    text: voice?.text ?? "",
    provider: voice?.provider ?? "",
    charges: [],
    asked: false,
    ...(voice?.prompt === undefined ? {} : { prompt: voice.prompt }),
  });
  if (voices.length === 1) return take(voices[0]);
  switch (combine) {
    case "longest":
      return take(longestAnswer(voices));
    case "vote":
      return { text: voteOnParts(voices), provider: "vote", charges: [], asked: false };
    case "best":
      return take(await bestOf(voices, consultation));
    case "fuse":
      return fuse(voices, consultation);
  }
}

async function fuse(voices: readonly Voice[], consultation: Consultation): Promise<Made> {
  const { fuser, stores, gates, turn, image, style, signal } = consultation;
  if (fuser === null) throw missingTool("text model", "CAPTION_FUSE_URL");
  const prompt = fusePrompt(voices, style.maxWords);
  const answer = await rememberPaid({
    memos: stores.memos,
    kind: "caption-fusion",
    key: digestOf({ fuser: fuser.id, prompt: { ...prompt } }),
    turn,
    path: image.path,
    pending: gates.pending,
    ask: () => fuser.complete({ ...prompt, maxTokens: Math.ceil(style.maxWords * 1.5) + 64 }, signal),
  });
  const { text, charges, remembered } = answer;
  return { text, provider: `fuse:${fuser.id}`, charges, asked: !remembered, prompt: prompt.user };
}

async function bestOf(voices: readonly Voice[], consultation: Consultation): Promise<Voice | undefined> {
  const { embedder, stores, image, signal } = consultation;
  if (embedder === null) throw missingTool("model that compares pictures with texts", "CLIP_MODEL");
  const picture = await embedder.embedImage(await stores.blobs.read(image.prepared.blob, { signal }), signal);
  const texts = voices.map(({ text }) => text);
  const points = await embedder.embedTexts(texts, signal);
  let best: { voice: Voice; score: number } | undefined;
  for (const [index, voice] of voices.entries()) {
    const point = points[index];
    const score = point === undefined ? Number.NEGATIVE_INFINITY : similarity(picture, point);
    if (best === undefined || score > best.score) best = { voice, score };
  }
  return best?.voice;
}

const missingTool = (what: string, setting: string) =>
  new PermanentError(`This worker has no ${what} that the run was planned with: configure ${setting} here as there`, {
    code: "captioner-missing",
  });

type Ours = UserError | TransientError | PermanentError;
const isOurs = (error: unknown): error is Ours =>
  error instanceof UserError || error instanceof TransientError || error instanceof PermanentError;

const isWait = (error: Ours): boolean =>
  error instanceof TransientError && WORTH_WAITING.has(error.code) && (error.retryAfterMs ?? 0) <= MAX_CHAIN_WAIT_MS;

function recordOf({ provider, raw, prompt, microUsd }: Voice): CaptionVoice {
  return { provider, raw: raw.slice(0, 8192), microUsd, ...(prompt === undefined ? {} : { prompt }) };
}

function silence({ id }: Captioner, { code, message }: { code: string; message: string }): CaptionVoice {
  return { provider: id, raw: "", microUsd: 0, failure: { code: code.slice(0, 64), message: message.slice(0, 1000) } };
}
