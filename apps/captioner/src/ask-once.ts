import { visionPrompt } from "@loramill/captioning";
import {
  type Captioner,
  type CaptionRequest,
  type CaptionStyle,
  type Charge,
  digestOf,
  type PreparedImage,
  type Stores,
} from "@loramill/contracts";
import type { Gates, Passage } from "./gate.ts";
import type { Purse } from "./purse.ts";
import { type AskingTurn, type PaidAnswer, rememberPaid } from "./remember-paid.ts";

export interface Question extends Passage {
  readonly image: PreparedImage;
  readonly style: CaptionStyle;
  readonly captioner: Captioner;
  readonly stores: Stores;
  readonly gates: Gates;
  readonly purse: Purse;
  readonly turn: AskingTurn;
  /** Told of what was paid for answers that came to nothing. */
  readonly wasted: (charge: Charge) => void;
}

/**
 * Raised only when an endpoint would be asked in another way under the same id, settings and prompt: everything that was
 * paid for is then asked again. How answers are finished is no part of it.
 */
const ANSWER_VERSION = 1;
const MEMO_KIND = "caption";
const INTENT_KIND = "caption-intent";

/** These answer faster than a memo is read, cost nothing, and look at more than the pixels. */
const isLocal = ({ id }: Captioner): boolean => /^(?:describe|simple|metadata|sidecar)\//.test(id);

/**
 * Asks a captioner about a picture, once: the answer is remembered under the picture, the captioner and the words it was
 * asked in, in whatever run or dataset the picture comes again.
 */
export async function askOnce(question: Question): Promise<PaidAnswer> {
  const { image, style, captioner, stores, gates, purse, signal, turn } = question;
  const { blob } = image.prepared;
  const { memos } = stores;
  const pixels = async () => ({ bytes: await stores.blobs.read(blob, { signal }), mediaType: blob.mediaType });
  if (isLocal(captioner)) {
    return { ...(await captioner.caption({ image, style, pixels }, signal)), remembered: false };
  }
  const key = digestOf({
    version: ANSWER_VERSION,
    image: blob.sha256,
    captioner: captioner.id,
    prompt: { ...visionPrompt(style) },
    ...(captioner.settings === undefined ? {} : { settings: captioner.settings }),
    ...(captioner.beside === undefined ? {} : { beside: captioner.beside({ image, style }) }),
  });
  let wastes = 0;
  const request: CaptionRequest = {
    image,
    style,
    pixels,
    intent: { find: () => memos.find(INTENT_KIND, key), put: (value) => memos.put(INTENT_KIND, key, value) },
    wasted: (charge) => {
      purse.count([charge]);
      wastes += 1;
      question.wasted({ ...charge, mark: digestOf({ ...turn, key, path: image.path, wasted: wastes }) });
    },
  };
  const gate = gates.of(captioner);
  const answer = await rememberPaid({
    memos,
    kind: MEMO_KIND,
    key,
    turn,
    path: image.path,
    pending: gates.pending,
    ask: () =>
      purse.spend(captioner.estimateMicroUsd ?? 0, () => gate.pass(() => captioner.caption(request, signal), question)),
  });
  if (answer.remembered) purse.count(answer.charges);
  return answer;
}
