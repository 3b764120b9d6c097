import { type Generation, type Json, type LoraDocument, type RunId, verifyReplayJob } from "@loramill/contracts";
import { pictureCodec } from "@loramill/imaging";
import { tensorsSha256 } from "@loramill/lora";
import { driveJob, tinyLora } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { fluxLora, openTools, type Tools } from "../../test/support/open-tools.ts";
import { verifyReplay } from "./verify-replay.ts";

const of = `run_${"1".repeat(32)}` as RunId;
const exact = { pixels: 0, tensors: 0 };
const SIDE = 8;

const step = (name: string, kind: string, original: string | null, over: { [key: string]: Json } = {}) => ({
  ...{ name, kind, needs: [], original, tolerance: exact },
  ...over,
});

async function verify(tools: Tools, steps: object[], inputs: Record<string, string>, turnSeconds?: number) {
  const input = verifyReplayJob.input.parse({ inputs, params: { of, steps } });
  const deps = { stores: tools.stores, ...(turnSeconds === undefined ? {} : { turnSeconds }) };
  const { output, said, turns } = await driveJob((ctx) => verifyReplay(input, deps, ctx));
  return { report: await tools.stores.documents.get("replay-report", output.digest), output, said, turns };
}

/** The output of a generate step with pictures of one colour each. */
async function pictures({ stores }: Tools, colours: readonly number[], seconds = 1): Promise<string> {
  const generations: Generation[] = [];
  for (const [index, colour] of colours.entries()) {
    const rgb = new Uint8Array(SIDE * SIDE * 3).fill(colour);
    const png = await pictureCodec.encodePng({ width: SIDE, height: SIDE, rgb });
    generations.push({
      ...{ index, prompt: "", negativePrompt: "", seed: 1, steps: 1, guidance: 1, sampler: "Euler", seconds },
      ...{ width: SIDE, height: SIDE, loras: [], baseModel: "pocket", backend: "pocket" },
      image: await stores.blobs.put(png, { mediaType: "image/png" }),
    });
  }
  const part = await stores.documents.put("generations", { generations, refused: [] });
  return stores.documents.put("parts", { parts: [part] });
}

/** The output of a train step. What a training took is another time and again. */
async function trained(tools: Tools, file: Uint8Array, computeSeconds: number): Promise<string> {
  const { documents } = tools.stores;
  const lora: LoraDocument = await documents.get("lora", await tools.putLora("dog", file));
  return documents.put("parts", { parts: [await documents.put("lora", { ...lora, computeSeconds })] });
}

describe("verifyReplay", () => {
  it("calls outputs identical that hold the same pictures and weights, whatever they took", async () => {
    const tools = await openTools();
    const train = [await trained(tools, fluxLora(1), 10), await trained(tools, fluxLora(1), 99)] as const;
    const draw = [await pictures(tools, [10, 20]), await pictures(tools, [10, 20], 7)] as const;
    const steps = [step("train", "train", train[0]), step("generate", "generate", draw[0], { needs: ["train"] })];
    const { report, said, output } = await verify(tools, steps, { train: train[1], generate: draw[1] });
    expect(report).toMatchObject({
      ...{ of, verdict: "identical", firstDifferent: null },
      steps: [
        { step: "train", verdict: "identical", compared: 1, tensors: 0, pixels: null },
        { step: "generate", verdict: "identical", compared: 2, pixels: 0, tensors: null },
      ],
    });
    expect(output.summary).toEqual({ verdict: "identical", firstDifferent: null });
    expect(said.events).toEqual([]);
  });

  it("finds the first step that does not repeat itself, with figures, and tells it from what follows", async () => {
    const tools = await openTools();
    const train = [await trained(tools, fluxLora(1), 1), await trained(tools, fluxLora(2), 1)] as const;
    const draw = [await pictures(tools, [10, 20]), await pictures(tools, [10, 23])] as const;
    const steps = [step("train", "train", train[0]), step("generate", "generate", draw[0], { needs: ["train"] })];
    const { report, said } = await verify(tools, steps, { train: train[1], generate: draw[1] });
    expect(report).toMatchObject({ verdict: "differs", firstDifferent: "train" });
    const [first, second] = report.steps;
    expect(first).toMatchObject({ verdict: "differs", differing: 1, first: { name: "dog.safetensors" } });
    expect(first?.tensors).toBeGreaterThan(0.1);
    expect(second).toMatchObject({
      ...{ verdict: "follows", compared: 2, differing: 1, pixels: 3 },
      first: { name: "item 1", message: "by up to 3 of 255 levels, 3.000 on average, in 100.0 % of the values" },
    });
    expect(said.events).toMatchObject([{ type: "replay.differs", data: { of, step: "train" } }]);
  });

  it("takes what is within the tolerance for the same, and says by how much it is off", async () => {
    const tools = await openTools();
    const [a, b] = [await pictures(tools, [10, 20]), await pictures(tools, [12, 20])];
    const tolerance = { pixels: 2, tensors: 0 };
    const { report } = await verify(tools, [step("generate", "generate", a, { tolerance })], { generate: b });
    expect(report).toMatchObject({
      verdict: "within",
      steps: [{ verdict: "within", within: 1, pixels: 2, first: null }],
    });
  });

  it("tells what only one side has, other shapes and other texts", async () => {
    const tools = await openTools();
    const { documents } = tools.stores;
    const captions = async (text: string) => {
      const caption = { image: "a".repeat(64), path: "a.png", text, provider: "describe/1", raw: text, microUsd: 9 };
      const part = await documents.put("captions", { captions: [caption], refused: [] });
      return documents.put("parts", { parts: [part] });
    };
    const wide = tinyLora(["transformer.single_transformer_blocks.0.attn.to_q"], { rank: 4, seed: 1 });
    expect(tensorsSha256(wide)).not.toBe(tensorsSha256(fluxLora(1)));
    const { report } = await verify(
      tools,
      [
        step("caption", "caption", await captions("a dog")),
        step("train", "train", await trained(tools, fluxLora(1), 1)),
        step("generate", "generate", await pictures(tools, [10, 20])),
        step("grid", "grid", null),
      ],
      {
        caption: await captions("a cat"),
        train: await trained(tools, wide, 1),
        generate: await pictures(tools, [10]),
        grid: "b".repeat(64),
      },
    );
    expect(report.steps.map(({ verdict, first }) => [verdict, first?.message])).toEqual([
      ["differs", 'it was "a dog" and is "a cat"'],
      ["differs", expect.stringMatching(/ was F\d+ [\d×]+ and is F\d+ [\d×]+$/)],
      ["differs", "the replay did not make it"],
      ["uncompared", undefined],
    ]);
  });

  it("goes on where its last turn stopped", async () => {
    const tools = await openTools();
    const [a, b] = [await pictures(tools, [1, 2, 3]), await pictures(tools, [1, 2, 9], 2)];
    const whole = await verify(tools, [step("generate", "generate", a)], { generate: b });
    const turns = await verify(tools, [step("generate", "generate", a)], { generate: b }, 0.000_001);
    expect(turns.report).toEqual(whole.report);
    expect(turns.turns).toBeGreaterThan(1);
  });
});
