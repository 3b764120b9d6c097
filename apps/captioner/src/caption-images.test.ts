import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCaptioner } from "@loramill/captioning";
import {
  type Captioner,
  CaptionStyle,
  Parked,
  type PreparedImage,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { createFakeRateLimiter, driveJob, fakeJobContext, preparedPicture } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { type CaptionerDeps, captionImages } from "./caption-images.ts";
import { openGates } from "./gate.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open() {
  const folder = await mkdtemp(join(tmpdir(), "captioner-"));
  const stores = await openStores({ url: folder, sync: "never" });
  cleanups.push(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const image = async (path: string, caption?: string): Promise<PreparedImage> => {
    const blob = await stores.blobs.put(new TextEncoder().encode(path), { mediaType: "image/png" });
    return preparedPicture(
      path,
      caption === undefined ? {} : { caption: { text: caption, origin: `${path}.txt` } },
      blob,
    );
  };
  const part = async (images: PreparedImage[]) => stores.documents.put("dataset-part", { images });
  return { stores, image, part };
}

/** Answers with the picture's own bytes; fails as the test says. */
function talker(fail: (path: string, asked: number) => Error | undefined = () => undefined) {
  const asked: string[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const captioner: Captioner = {
    id: "openai:talker",
    concurrency: 3,
    isAvailable: async () => ({ available: true, message: "a talker" }),
    async caption({ pixels }) {
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      const text = new TextDecoder().decode((await pixels()).bytes);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      asked.push(text);
      const failure = fail(text, asked.length);
      if (failure !== undefined) throw failure;
      return {
        text: `This image shows ${text}.`,
        charges: [
          { kind: "captioning", supplier: "openai:talker", quantity: 10, unit: "token", amountMicroUsd: 5, note: "" },
        ],
      };
    },
  };
  return { captioner, asked, most: () => mostAtOnce };
}

const deps = (
  stores: CaptionerDeps["stores"],
  captioners: readonly Captioner[],
  over: Partial<CaptionerDeps> = {},
) => ({
  stores,
  captioners,
  fuser: null,
  embedder: null,
  tokenCounters: [],
  gates: openGates(createFakeRateLimiter()),
  ...over,
});
const style = (over: Partial<CaptionStyle> = {}) => CaptionStyle.parse({ triggerWord: "sks", ...over });
const params = (over: Partial<CaptionStyle> = {}, provider = "openai:talker") => ({ style: style(over), provider });

describe("captionImages", () => {
  it("writes a finished caption for every picture, in order, with charges, a record and a document", async () => {
    const { stores, image, part } = await open();
    const { captioner, most } = talker();
    const paths = Array.from({ length: 10 }, (_, i) => `a thing number ${i}`);
    const input = { part: await part(await Promise.all(paths.map((path) => image(path)))), params: params() };
    const ctx = fakeJobContext();
    const output = await captionImages(input, deps(stores, [captioner]), ctx);
    if (output instanceof Parked) throw new Error("it should end");
    expect(output).toMatchObject({ shape: "part", items: 10, summary: { captions: 10, refused: 0, kept: 0 } });
    const { captions } = await stores.documents.get("captions", output.digest);
    expect(captions.map(({ text }) => text)).toEqual(paths.map((path) => `sks, ${path}`));
    expect(captions[0]?.raw).toBe("This image shows a thing number 0.");
    expect(ctx.said.records).toEqual([{ kind: "captions", document: output.digest, captions }]);
    expect(ctx.said.charges.length).toBe(10);
    expect(ctx.said.progress.at(-1)).toEqual({ done: 10, total: 10, percent: 100 });
    expect(most()).toBe(3);
  });

  it("stops between pictures when a limit has no room, keeps what it has, and goes on from there", async () => {
    const { stores, image, part } = await open();
    const { captioner, asked } = talker();
    const paid = { ...captioner, estimateMicroUsd: 5 };
    const images = await Promise.all(Array.from({ length: 10 }, (_, i) => image(`thing ${i}`)));
    const input = { part: await part(images), params: params() };
    const ledger = new Map<string, number>();
    const spent = () => [...ledger.values()].reduce((sum, one) => sum + one, 0);
    const turn = async (limitMicroUsd: number, epoch: number) => {
      const ctx = fakeJobContext({
        epoch,
        hold: async (microUsd) => {
          const charged = ctx.said.charges.filter(({ mark = "" }) => !ledger.has(mark));
          const wanted = spent() + charged.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0) + microUsd;
          const amounts = { limitMicroUsd, spentMicroUsd: spent(), reservedMicroUsd: 0, reopensAt: null };
          const limit = { of: { kind: "budget" }, ...amounts } as const;
          return { refusedBy: wanted > limitMicroUsd ? limit : null, onBudget: "stop", deadline: null };
        },
      });
      const answer = await captionImages(input, deps(stores, [paid]), ctx);
      for (const { mark = "", amountMicroUsd } of ctx.said.charges) ledger.set(mark, amountMicroUsd);
      return { answer, events: ctx.said.events.map(({ type }) => type) };
    };
    const stopped = await turn(27, 1);
    expect(stopped).toMatchObject({ answer: { isGivenBack: true }, events: ["caption.stopped"] });
    expect(asked.length).toBeGreaterThan(0);
    expect(spent()).toBeLessThanOrEqual(27);
    const done = await turn(50, 2);
    expect(done.answer).toMatchObject({ items: 10 });
    expect(asked.length).toBe(10);
    expect(spent()).toBe(50);
  });

  it("asks about a picture once, whatever the run and the path", async () => {
    const { stores, image, part } = await open();
    const { captioner, asked } = talker();
    const first = await image("one");
    const given = deps(stores, [captioner]);
    await captionImages({ part: await part([first]), params: params() }, given, fakeJobContext());
    const again = fakeJobContext({ job: `job_${"1".repeat(32)}` });
    const moved = { ...first, path: "elsewhere/one.png" };
    await captionImages({ part: await part([moved]), params: params({ tags: ["film"] }) }, given, again);
    expect(asked).toEqual(["one"]);
    expect(again.said.charges).toEqual([]);
    await captionImages({ part: await part([first]), params: params({ className: "dog" }) }, given, fakeJobContext());
    expect(asked.length).toBe(2);
  });

  it("reports what a lost turn of the same job paid for, under the same marks, for the ledger to take once", async () => {
    const { stores, image, part } = await open();
    const { captioner, asked } = talker();
    const input = { part: await part([await image("one"), await image("two")]), params: params() };
    const lost = fakeJobContext({ epoch: 1 });
    await captionImages(input, deps(stores, [captioner]), lost);
    const next = fakeJobContext({ epoch: 2 });
    await captionImages(input, deps(stores, [captioner]), next);
    expect(asked.length).toBe(2);
    const marks = ({ said }: typeof next) => said.charges.map(({ mark }) => mark).sort();
    expect(marks(next)).toEqual(marks(lost));
    expect(new Set(marks(next)).size).toBe(2);
  });

  it.each([
    ["keep", "sks, my own words", "sidecar", 0],
    ["replace", "sks, thing", "openai:talker", 1],
    ["combine", "sks, my own words, thing", "openai:talker", 1],
  ] as const)("treats captions that came with the pictures as told: %s", async (existing, text, provider, calls) => {
    const { stores, image, part } = await open();
    const { captioner, asked } = talker();
    const input = { part: await part([await image("thing", "my own words")]), params: params({ existing }) };
    const output = await captionImages(input, deps(stores, [captioner]), fakeJobContext());
    if (output instanceof Parked) throw new Error("it should end");
    const { captions } = await stores.documents.get("captions", output.digest);
    expect(captions[0]).toMatchObject({ text, provider });
    expect(asked.length).toBe(calls);
  });

  it("lists pictures that the captioner refuses and captions the rest", async () => {
    const { stores, image, part } = await open();
    const { captioner } = talker((path) =>
      path === "bad" ? new UserError("cannot be read", { code: "caption-refused" }) : undefined,
    );
    const input = { part: await part([await image("good"), await image("bad")]), params: params() };
    const ctx = fakeJobContext();
    const output = await captionImages(input, deps(stores, [captioner]), ctx);
    if (output instanceof Parked) throw new Error("it should end");
    const { captions, refused } = await stores.documents.get("captions", output.digest);
    expect([captions.length, refused]).toEqual([
      1,
      [{ path: "bad", code: "caption-refused", message: "cannot be read" }],
    ]);
    expect(ctx.said.events.map(({ type }) => type)).toEqual(["caption.refused"]);
  });

  it("parks as long as a busy endpoint asks for, and then asks only about the rest", async () => {
    const { stores, image, part } = await open();
    const busy = new TransientError("too many requests", { code: "rate-limited", retryAfterMs: 12_345 });
    const { captioner, asked } = talker((_, count) => (count === 3 ? busy : undefined));
    const images = await Promise.all(["a", "b", "c", "d"].map((path) => image(path)));
    const input = { part: await part(images), params: params() };
    const given = deps(stores, [{ ...captioner, concurrency: 1 }]);
    const parked = await captionImages(input, given, fakeJobContext());
    expect(parked).toMatchObject({ afterMs: 12_345, turn: { idleWaits: 0 } });
    const { output } = await driveJob(
      (ctx) => captionImages(input, { ...given, gates: openGates(createFakeRateLimiter()) }, ctx),
      {
        turn: (parked as Parked).turn,
      },
    );
    expect(output.items).toBe(4);
    // Whichever was refused is asked about again, and none that was answered.
    const refused = asked[2] ?? "none";
    expect([...asked].sort()).toEqual(["a", "b", "c", "d", refused].sort());
    expect(asked.slice(3)).toContain(refused);
  });

  it("spends an attempt when an endpoint only ever says wait, or fails without an answer", async () => {
    const { stores, image, part } = await open();
    const input = { part: await part([await image("a")]), params: params() };
    const busy = talker(() => new TransientError("too many requests", { code: "rate-limited", retryAfterMs: 1 }));
    await expect(driveJob((ctx) => captionImages(input, deps(stores, [busy.captioner]), ctx))).rejects.toMatchObject({
      code: "rate-limited",
    });
    // Nine turns, each of which asks again four times.
    expect(busy.asked.length).toBe(45);
    const down = talker(() => new TransientError("no answer", { code: "unreachable" }));
    await expect(captionImages(input, deps(stores, [down.captioner]), fakeJobContext())).rejects.toMatchObject({
      code: "unreachable",
    });
  });

  it("asks about a refused picture once in a job, however often that has to wait for the others", async () => {
    const { stores, image, part } = await open();
    const busy = new TransientError("too many requests", { code: "rate-limited", retryAfterMs: 12_345 });
    let waits = 2;
    const { captioner, asked } = talker((path) => {
      if (path === "bad") return new UserError("will not", { code: "caption-refused" });
      return waits-- > 0 ? busy : undefined;
    });
    const input = { part: await part([await image("bad"), await image("good")]), params: params() };
    const { output } = await driveJob((ctx) =>
      captionImages(input, deps(stores, [{ ...captioner, concurrency: 1 }]), ctx),
    );
    expect(output.summary).toMatchObject({ captions: 1, refused: 1 });
    expect(asked.filter((path) => path === "bad").length).toBe(1);
  });

  it("puts what was paid for useless answers into the ledger, each under a mark of its own", async () => {
    const { stores, image, part } = await open();
    const charge = { kind: "captioning", supplier: "openai:talker", quantity: 1, unit: "token", note: "" } as const;
    const { captioner } = talker();
    const wasteful: Captioner = {
      ...captioner,
      caption: async ({ wasted }) => {
        wasted?.({ ...charge, amountMicroUsd: 7 });
        throw new TransientError("nothing", { code: "empty-answer" });
      },
    };
    const ctx = fakeJobContext();
    const input = { part: await part([await image("a")]), params: params() };
    const output = await captionImages(input, deps(stores, [wasteful]), ctx);
    expect(output).toMatchObject({ summary: { refused: 1 } });
    expect(ctx.said.charges.map(({ amountMicroUsd }) => amountMicroUsd)).toEqual([7, 7, 7]);
    expect(new Set(ctx.said.charges.map(({ mark }) => mark)).size).toBe(3);
  });

  it("lists a picture with which the endpoint can do nothing, and fails when it can do nothing with any", async () => {
    const { stores, image, part } = await open();
    const useless = new TransientError("nothing", { code: "empty-answer" });
    const some = talker((path) => (path === "bad" ? useless : undefined));
    const input = { part: await part([await image("good"), await image("bad")]), params: params() };
    const output = await captionImages(input, deps(stores, [some.captioner]), fakeJobContext());
    if (output instanceof Parked) throw new Error("it should end");
    const { captions, refused } = await stores.documents.get("captions", output.digest);
    expect([captions.length, refused[0]?.code]).toEqual([1, "empty-answer"]);
    expect(some.asked.filter((path) => path === "bad").length).toBe(3);

    const none = talker(() => useless);
    const others = { part: await part([await image("c"), await image("d")]), params: params() };
    await expect(captionImages(others, deps(stores, [none.captioner]), fakeJobContext())).rejects.toBe(useless);
  });

  it("describes without a model and leaves no memo behind", async () => {
    const { stores, image, part } = await open();
    const input = { part: await part([await image("10_toys/IMG_1.png")]), params: params({}, "describe/1") };
    const output = await captionImages(input, deps(stores, [describeCaptioner]), fakeJobContext());
    if (output instanceof Parked) throw new Error("it should end");
    const { captions } = await stores.documents.get("captions", output.digest);
    expect(captions[0]?.text).toBe("sks, a toys, red tones");
    for await (const { key } of stores.objects.list("memos/")) expect.fail(`unexpected ${key}`);
  });

  it("stops when it is cancelled, and says what to do when its captioner is not configured", async () => {
    const { stores, image, part } = await open();
    const input = { part: await part([await image("a")]), params: params() };
    const ctx = fakeJobContext();
    ctx.cancel();
    await expect(captionImages(input, deps(stores, [talker().captioner]), ctx)).rejects.toMatchObject({
      code: "cancelled",
    });
    await expect(captionImages(input, deps(stores, [describeCaptioner]), fakeJobContext())).rejects.toMatchObject({
      code: "captioner-missing",
      message: expect.stringContaining("describe/1"),
    });
  });
});
