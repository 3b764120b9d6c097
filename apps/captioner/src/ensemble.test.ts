import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCaptioner, metadataCaptioner } from "@loramill/captioning";
import {
  type CaptionEnsemble,
  type Captioner,
  CaptionStyle,
  Parked,
  PermanentError,
  type TextModel,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { createFakeRateLimiter, createLetterEmbedder, fakeJobContext, preparedPicture } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { type CaptionerDeps, captionImages } from "./caption-images.ts";
import { openGates } from "./gate.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(paths: readonly string[] = ["a.png"]) {
  const folder = await mkdtemp(join(tmpdir(), "ensemble-"));
  const stores = await openStores({ url: folder, sync: "never" });
  cleanups.push(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const images = await Promise.all(
    paths.map(async (path) => {
      const blob = await stores.blobs.put(new TextEncoder().encode(path), { mediaType: "image/png" });
      const prepared = {
        blob,
        width: 64,
        height: 64,
        crop: { left: 0, top: 0, width: 64, height: 64 },
        upscaled: false,
      };
      return preparedPicture(path, { original: blob, prepared });
    }),
  );
  return { stores, part: await stores.documents.put("dataset-part", { images }) };
}

function says(name: string, what: string | Error | ((asked: number) => string | Error), microUsd = 0) {
  const asked: string[] = [];
  const captioner: Captioner = {
    id: `openai:${name}`,
    concurrency: 4,
    estimateMicroUsd: microUsd,
    isAvailable: async () => ({ available: true, message: "a speaker" }),
    async caption({ image }) {
      asked.push(image.path);
      const answer = typeof what === "function" ? what(asked.length) : what;
      if (answer instanceof Error) throw answer;
      const charge = { kind: "captioning", supplier: name, quantity: 1, unit: "request", note: "" } as const;
      return {
        text: answer,
        prompt: "what is it?",
        charges: microUsd === 0 ? [] : [{ ...charge, amountMicroUsd: microUsd }],
      };
    },
  };
  return { captioner, asked };
}

async function caption(
  opened: Awaited<ReturnType<typeof open>>,
  captioners: readonly Captioner[],
  combine: CaptionEnsemble["combine"],
  over: Partial<CaptionerDeps> & {
    microUsdPerImage?: number;
    planned?: { embedder?: string; tokenCounter?: string; maxTokens?: number };
  } = {},
) {
  const { microUsdPerImage, planned = {}, ...deps } = over;
  const { embedder, tokenCounter, ...style } = planned;
  const ctx = fakeJobContext();
  const output = await captionImages(
    {
      part: opened.part,
      params: {
        style: CaptionStyle.parse(style),
        provider: captioners[0]?.id ?? "",
        ensemble: {
          providers: captioners.map(({ id }) => id),
          combine,
          ...(embedder === undefined ? {} : { embedder }),
        },
        ...(tokenCounter === undefined ? {} : { tokenCounter }),
        ...(microUsdPerImage === undefined ? {} : { microUsdPerImage }),
      },
    },
    {
      stores: opened.stores,
      captioners,
      fuser: null,
      embedder: null,
      tokenCounters: [],
      gates: openGates(createFakeRateLimiter()),
      ...deps,
    },
    ctx,
  );
  if (output instanceof Parked) return { parked: output, captions: [], refused: [], ctx };
  return { parked: null, ...(await opened.stores.documents.get("captions", output.digest)), ctx };
}

const refusal = new UserError("would not", { code: "caption-refused" });
const down = new TransientError("no answer", { code: "endpoint-unreachable" });
const unpaid = new PermanentError("no credit left: add some", { code: "payment-required" });

describe("a chain of captioners", () => {
  it.each([
    ["refuses the picture", refusal, "caption-refused"],
    ["cannot be reached", down, "endpoint-unreachable"],
    ["wants money", unpaid, "payment-required"],
    ["says nothing", new TransientError("nothing", { code: "empty-answer" }), "empty-answer"],
  ])("asks the next when one %s, and keeps why", async (_, failure, code) => {
    const first = says("first", failure);
    const { captions } = await caption(await open(), [first.captioner, says("second", "a boat").captioner], "first");
    expect(captions).toMatchObject([
      {
        text: "a boat",
        provider: "openai:second",
        prompt: "what is it?",
        voices: [
          { provider: "openai:first", failure: { code } },
          { provider: "openai:second", raw: "a boat" },
        ],
      },
    ]);
  });

  it("waits for one that asks to wait, instead of taking the next", async () => {
    const busy = says("busy", new TransientError("later", { code: "rate-limited", retryAfterMs: 20_000 }));
    const second = says("second", "a boat");
    const { parked } = await caption(await open(), [busy.captioner, second.captioner], "first");
    expect(parked).toMatchObject({ afterMs: 20_000 });
    expect(second.asked).toEqual([]);
  });

  it("stops asking one that fails again and again", async () => {
    const paths = Array.from({ length: 40 }, (_, index) => `${index}.png`);
    const first = says("first", down);
    const { captions } = await caption(await open(paths), [first.captioner, describeCaptioner], "first");
    expect(captions.length).toBe(40);
    expect(first.asked.length).toBeLessThan(20);
    const reasons = captions.flatMap(({ voices = [] }) => voices.map(({ failure }) => failure?.code));
    expect(reasons).toContain("circuit-open");
  });

  it("goes on with free ones when the money is spent, and refuses where there is none", async () => {
    const paths = Array.from({ length: 10 }, (_, index) => `${index}.png`);
    const paid = says("paid", "a boat", 1_000);
    const chain = [paid.captioner, describeCaptioner];
    const { captions, ctx } = await caption(await open(paths), chain, "first", { microUsdPerImage: 500 });
    expect(paid.asked.length).toBe(5);
    expect(captions.length).toBe(10);
    expect(ctx.said.charges.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0)).toBe(5_000);

    const alone = await caption(await open(paths), [says("alone", "a boat", 1_000).captioner], "first", {
      microUsdPerImage: 300,
    });
    expect(alone.captions.length).toBe(3);
    expect(alone.refused[0]).toMatchObject({
      code: "over-budget",
      message: expect.stringContaining("caption.budgetUsdPerImage"),
    });
  });

  it("takes what is written in the file where there is something, and describes the rest", async () => {
    const { captions } = await caption(await open(), [metadataCaptioner, describeCaptioner], "first");
    expect(captions[0]?.provider).toBe("describe/1");
    expect(captions[0]?.voices?.[0]).toMatchObject({ provider: "metadata/1", failure: { code: "no-metadata" } });
  });
});

describe("several captioners together", () => {
  const three = () => [
    says("one", "a red boat, calm sea, gulls"),
    says("two", "The image shows calm sea, a red boat and a pier"),
    says("three", "boat at sea, pier, calm sea"),
  ];
  const captionersOf = (speakers: ReturnType<typeof three>) => speakers.map(({ captioner }) => captioner);

  it("take the longest", async () => {
    const { captions } = await caption(await open(), captionersOf(three()), "longest");
    expect(captions[0]).toMatchObject({ provider: "openai:two", text: "calm sea, a red boat and a pier" });
    expect(captions[0]?.voices?.length).toBe(3);
  });

  it("say what most of them say", async () => {
    const { captions } = await caption(await open(), captionersOf(three()), "vote");
    expect(captions[0]).toMatchObject({ provider: "vote", text: "calm sea, a red boat, a pier" });
  });

  it("are fused once by a text model that is told what they said", async () => {
    const opened = await open();
    const questions: string[] = [];
    const fuser: TextModel = {
      id: "text:writer",
      isAvailable: async () => ({ available: true, message: "writes" }),
      complete: async ({ user }) => {
        questions.push(user);
        const charge = { kind: "captioning", supplier: "text:writer", quantity: 9, unit: "token", note: "" } as const;
        return { text: "a red boat on a calm sea by a pier", charges: [{ ...charge, amountMicroUsd: 7 }] };
      },
    };
    const speakers = three();
    const { captions } = await caption(opened, captionersOf(speakers), "fuse", { fuser });
    expect(captions[0]).toMatchObject({
      provider: "fuse:text:writer",
      text: "a red boat on a calm sea by a pier",
      microUsd: 7,
    });
    expect(questions[0]).toContain("2. calm sea, a red boat and a pier");
    await caption(opened, captionersOf(speakers), "fuse", { fuser });
    expect([questions.length, speakers[0]?.asked.length]).toEqual([1, 1]);
  });

  it("are judged by an embedder", async () => {
    // The letters of the picture's bytes, `zebra.png`, are closest to those of the second answer.
    const speakers = [says("one", "moon"), says("two", "a zebra"), says("three", "fish")];
    const { captions } = await caption(await open(["zebra.png"]), captionersOf(speakers), "best", {
      embedder: createLetterEmbedder(),
    });
    expect(captions[0]?.provider).toBe("openai:two");
  });

  it("are not judged by another embedder, nor counted by another tokenizer, than the run was planned with", async () => {
    const speakers = captionersOf([says("one", "moon"), says("two", "a zebra")]);
    const embedder = createLetterEmbedder();
    const best = (planned: { embedder?: string; tokenCounter?: string }) =>
      caption(opened, speakers, "best", { embedder, planned });
    const opened = await open(["zebra.png"]);
    expect((await best({ embedder: "letters/1" })).captions[0]?.text).toBe("a zebra");
    await expect(best({ embedder: "clip:other" })).rejects.toMatchObject({
      errorClass: "permanent",
      code: "captioner-missing",
      message: expect.stringContaining("does not have the embedder clip:other"),
    });
    await expect(best({ tokenCounter: "clip@1" })).rejects.toMatchObject({
      message: expect.stringContaining(
        "does not have the tokenizer clip@1 that the run was planned with (it has none)",
      ),
    });
  });

  it("are cut where the planned tokenizer says, not where the estimate does", async () => {
    const speakers = captionersOf([says("one", "a rhododendron beside an extraordinary greenhouse near the lake")]);
    const tokenCounters = [{ id: "words", count: (text: string) => text.split(" ").length }];
    const cut = async (planned: { tokenCounter?: string }) => {
      const over = { tokenCounters, planned: { ...planned, maxTokens: 9 } };
      return (await caption(await open(), speakers, "first", over)).captions[0]?.text;
    };
    expect(await cut({ tokenCounter: "words" })).toBe(
      "a rhododendron beside an extraordinary greenhouse near the lake",
    );
    expect((await cut({}))?.split(" ").length).toBeLessThan(5);
  });

  it("do without one that refuses, and wait for one that is busy without asking the others again", async () => {
    const opened = await open();
    const speakers = three();
    const without = [says("shy", refusal), ...speakers.slice(0, 2)];
    const { captions } = await caption(opened, captionersOf(without), "longest");
    expect(captions[0]?.voices?.[0]?.failure).toMatchObject({ code: "caption-refused" });

    const busy = says("busy", (asked) =>
      asked === 1 ? new TransientError("later", { code: "rate-limited", retryAfterMs: 20_000 }) : "a boat",
    );
    const both = [...speakers.slice(0, 1), busy];
    expect((await caption(opened, captionersOf(both), "longest")).parked).toMatchObject({ afterMs: 20_000 });
    expect((await caption(opened, captionersOf(both), "longest")).captions.length).toBe(1);
    expect(speakers[0]?.asked.length).toBe(1);
  });

  it("ask about a picture once when it comes twice at the same time", async () => {
    const opened = await open();
    const { images } = await opened.stores.documents.get("dataset-part", opened.part);
    const [first] = images;
    if (first === undefined) throw new Error("no picture");
    const part = await opened.stores.documents.put("dataset-part", { images: [first, { ...first, path: "b.png" }] });
    const one = says("one", "a boat", 10);
    const { captions, ctx } = await caption({ ...opened, part }, [one.captioner], "first");
    expect([captions.length, one.asked.length]).toEqual([2, 1]);
    // The second is reported under the mark of the first: the ledger takes it once.
    expect(new Set(ctx.said.charges.map(({ mark }) => mark)).size).toBe(1);
    // One whose answer follows from more than the pixels is asked about each.
    const more = says("more", "a boat");
    const captioner: Captioner = { ...more.captioner, beside: ({ image }) => ({ path: image.path }) };
    await caption({ ...opened, part }, [captioner], "first");
    expect(more.asked.toSorted()).toEqual(["a.png", "b.png"]);
  });
});
