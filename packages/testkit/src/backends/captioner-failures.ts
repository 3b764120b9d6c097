import { type CaptionAnswer, type Captioner, CaptionStyle } from "@loramill/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { pixelsOf, preparedPicture } from "../pictures/prepared-picture.ts";
import type { Misbehaviour } from "./misbehave.ts";

export interface FailingHarness {
  readonly captioner: Captioner;
  /** The next questions are treated so. */
  misbehave(...next: readonly Misbehaviour[]): void;
  close(): Promise<void>;
}

export interface FailureOptions {
  /** What a message about payment and about a key must name. */
  readonly keyVariable: RegExp;
  /** Whether the protocol has a place for an answer in the very response that failed; false: it is polled for. */
  readonly answersAtOnce?: boolean;
}

/** What a message must name about something that passes by itself, for when it keeps coming back. */
const ADVICE_ON: Readonly<Record<string, RegExp>> = {
  "rate-limited": /_REQUESTS_PER_MINUTE/,
  "endpoint-timeout": /_TIMEOUT_SECONDS/,
  "endpoint-unreachable": /check \w+_(?:URL|MODEL)/,
};

const NOW = "Fri, 02 Jan 2026 03:04:15 GMT";

/**
 * What every captioner that asks a server must make of the ways in which servers fail: the class that says who must act, a
 * code, the wait that was asked for, words that say what to do, and that the next question is asked as if nothing had been.
 * The captioner's clock stands at 2026-01-02T03:04:05Z; `open` is told its timeout in milliseconds where it matters.
 */
export function runCaptionerFailureSuite(
  name: string,
  open: (timeoutMs?: number) => Promise<FailingHarness>,
  { keyVariable, answersAtOnce = true }: FailureOptions,
): void {
  describe(`${name} when its server fails`, () => {
    const opened: FailingHarness[] = [];
    const start = (...moves: Misbehaviour[]) => startWith(undefined, moves);
    const startWith = async (timeoutMs: number | undefined, moves: readonly Misbehaviour[]) => {
      const harness = await open(timeoutMs);
      opened.push(harness);
      harness.misbehave(...moves);
      return harness;
    };
    afterEach(async () => {
      for (const harness of opened.splice(0)) await harness.close();
    });
    const ask = ({ captioner }: FailingHarness): Promise<CaptionAnswer> =>
      captioner.caption(
        {
          image: preparedPicture("a.png"),
          pixels: async () => ({ bytes: pixelsOf("a.png"), mediaType: "image/png" }),
          style: CaptionStyle.parse({}),
        },
        new AbortController().signal,
      );

    it.each<[string, Misbehaviour, object]>([
      [
        "429 with seconds",
        { kind: "status", status: 429, retryAfter: "7" },
        { code: "rate-limited", retryAfterMs: 7_000 },
      ],
      [
        "429 with a date",
        { kind: "status", status: 429, retryAfter: NOW },
        { code: "rate-limited", retryAfterMs: 10_000 },
      ],
      ["429 without a wait", { kind: "status", status: 429 }, { code: "rate-limited", retryAfterMs: undefined }],
      [
        "429 that says it in words",
        { kind: "status", status: 429, body: { detail: "Request was throttled. Your rate limit resets in ~30s." } },
        { code: "rate-limited", retryAfterMs: 30_000 },
      ],
      [
        "503 while the model loads",
        { kind: "status", status: 503, body: { error: "Model x is currently loading", estimated_time: 20.5 } },
        { code: "model-loading", retryAfterMs: 20_500 },
      ],
      [
        "503 that asks to wait without promising anything",
        { kind: "status", status: 503, retryAfter: "3", body: { error: "no capacity" } },
        { code: "endpoint-failed", retryAfterMs: 3_000 },
      ],
      [
        "503 that promises half an hour",
        { kind: "status", status: 503, body: { error: "Model x is currently loading", estimated_time: 2_000 } },
        { code: "model-loading", retryAfterMs: 120_000 },
      ],
      ["500", { kind: "status", status: 500 }, { code: "endpoint-failed" }],
      ["504", { kind: "status", status: 504 }, { code: "endpoint-timeout" }],
      ["a dropped connection", { kind: "drop" }, { code: "endpoint-unreachable" }],
      ["half an answer", { kind: "cut" }, { code: "endpoint-unreachable" }],
      ["malformed JSON", { kind: "malformed" }, { code: "bad-answer" }],
      ["another document", { kind: "foreign" }, { code: "bad-answer" }],
      [
        "200 with an error",
        { kind: "error-body", body: { error: { message: "overloaded" } } },
        { code: "endpoint-failed" },
      ],
      [
        "200 with an error that has a status",
        { kind: "error-body", body: { error: { message: "slow down", code: 429 } } },
        { code: "rate-limited" },
      ],
    ])("takes %s for something that passes, and answers the next question", async (_, move, expected) => {
      const harness = await start(move);
      const error = await ask(harness).catch((failure) => failure);
      expect(error).toMatchObject({ errorClass: "transient", ...expected });
      expect(error.message).toMatch(ADVICE_ON[error.code] ?? /./);
      expect((await ask(harness)).text).toContain("picture");
    });

    it.each([
      [401, "endpoint-key-refused"],
      [403, "endpoint-key-refused"],
      [402, "payment-required"],
      [404, "endpoint-not-found"],
    ])("takes status %i for something a person must see to, and says what", async (status, code) => {
      const harness = await start({ kind: "status", status, body: { detail: "no", title: "No" } });
      const error = await ask(harness).catch((failure) => failure);
      expect(error).toMatchObject({ errorClass: "permanent", code });
      if (code === "endpoint-key-refused") expect(error.message).toMatch(keyVariable);
      if (code === "payment-required") expect(error.message).toMatch(/credit/);
      expect(error.message).toMatch(/: \w+/);
    });

    it.each([400, 413, 415, 422])("takes status %i for the picture's fault", async (status) => {
      await expect(ask(await start({ kind: "status", status }))).rejects.toMatchObject({ errorClass: "user" });
    });

    it("takes an answer without words for something that passes, and a refusal for the picture's", async () => {
      const harness = await start(
        { kind: "say", content: "   " },
        { kind: "say", content: "I'm sorry, but I can't help with that request." },
      );
      await expect(ask(harness)).rejects.toMatchObject({ errorClass: "transient", code: "empty-answer" });
      await expect(ask(harness)).rejects.toMatchObject({ errorClass: "user", code: "caption-refused" });
      expect((await ask(harness)).text).toContain("picture");
    });

    if (answersAtOnce) {
      it("gives up on a server that is too slow", async () => {
        // Long enough for the answer of the next question on a busy machine.
        const harness = await startWith(4_000, [{ kind: "slow", milliseconds: 20_000 }]);
        const error = await ask(harness).catch((failure) => failure);
        expect(error).toMatchObject({ errorClass: "transient", code: "endpoint-timeout" });
        expect(error.message).toMatch(/within 4000 ms: raise \w+_TIMEOUT_SECONDS/);
        expect((await ask(harness)).text).toContain("picture");
      });
    }
  });
}
