import { describeCaptioner, simpleCaptioner, visionPrompt } from "@loramill/captioning";
import {
  type Captioner,
  type CaptionStyle,
  type Charge,
  digestOf,
  type PreparedImage,
  type Stores,
} from "@loramill/contracts";
import { z } from "zod";

export interface Question {
  readonly image: PreparedImage;
  readonly style: CaptionStyle;
  readonly captioner: Captioner;
  readonly stores: Stores;
  /** Version of the captioning rules: part of the key. */
  readonly version: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly text: string;
  readonly charges: readonly Charge[];
  /** Whether it was known from before: then nothing was asked and nothing is charged. */
  readonly remembered: boolean;
}

const MEMO_KIND = "caption";
const Remembered = z.object({ text: z.string() });

/** These answer faster than a memo is read, and look at more than the pixels. */
const LOCAL: ReadonlySet<string> = new Set([describeCaptioner.id, simpleCaptioner.id]);

/**
 * Asks a captioner about a picture, once: the answer is remembered under the picture, the captioner and the words it was
 * asked in, in whatever run or dataset the picture comes again.
 */
export async function askOnce(question: Question): Promise<Answer> {
  const { image, style, captioner, stores, version, signal } = question;
  const { blob } = image.prepared;
  const request = {
    image,
    style,
    pixels: async () => ({ bytes: await stores.blobs.read(blob, { signal }), mediaType: blob.mediaType }),
  };
  if (LOCAL.has(captioner.id)) return { ...(await captioner.caption(request, signal)), remembered: false };
  const key = digestOf({ version, image: blob.sha256, captioner: captioner.id, prompt: { ...visionPrompt(style) } });
  const memo = Remembered.safeParse(await stores.memos.find(MEMO_KIND, key)).data;
  if (memo !== undefined) return { text: memo.text, charges: [], remembered: true };
  const answer = await captioner.caption(request, signal);
  await stores.memos.put(MEMO_KIND, key, { text: answer.text });
  return { ...answer, remembered: false };
}
