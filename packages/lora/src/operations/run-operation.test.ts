import { LoraOperation, type LoraRankRule } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { architectureOf, randomAdapters, seeded } from "../../test/support/random-lora.ts";
import { adapterDelta } from "../adapters/adapter-delta.ts";
import type { Dialect } from "../adapters/dialects.ts";
import { familyOfModules } from "../adapters/family-modules.ts";
import type { MappedFamily } from "../adapters/mapped-families.ts";
import { readAdapters } from "../adapters/read-adapters.ts";
import { writeAdapters } from "../adapters/write-adapters.ts";
import { memorySource } from "../byte-source.ts";
import { readSafetensors, type SafetensorsFile } from "../safetensors/read-safetensors.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { runModuleHere } from "../threads/module-work.ts";
import type { OperationInput } from "./operation-input.ts";
import { runOperation } from "./run-operation.ts";

function inputOf(
  name: string,
  { family = "sdxl", dialect = "kohya", seed = 1 }: { family?: MappedFamily; dialect?: Dialect; seed?: number } = {},
  more: Partial<OperationInput> = {},
): OperationInput {
  const adapters = randomAdapters(family, "native", seeded(seed), { rank: 2, alpha: 2, share: 0.02 });
  const detected = { family: familyOfModules(family), variant: null, from: "modelspec.architecture" } as const;
  const metadata = {
    "modelspec.architecture": `${architectureOf[family]}/lora`,
    "modelspec.trigger_phrase": name,
    "modelspec.hash_sha256": "0xold",
    ss_learning_rate: "0.0001",
    ss_network_dim: "2",
  };
  const { tensors } = writeAdapters({ dialect: "kohya", family: detected, adapters }, dialect);
  return { name, source: memorySource(writeSafetensors(tensors, metadata)), weight: 1, ...more };
}

async function run(
  operation: object,
  inputs: readonly OperationInput[],
): Promise<SafetensorsFile & { notes: readonly string[] }> {
  const { file, notes } = await runOperation(LoraOperation.parse(operation), inputs, {
    name: "made",
    runModule: runModuleHere,
  });
  const bytes = Buffer.concat(await Array.fromAsync(file.chunks));
  expect(bytes.length).toBe(file.size);
  return { ...readSafetensors(bytes), notes };
}

const fileOf = async ({ source }: OperationInput) => readSafetensors(await source.bytes(0, source.size));

/** What a file changes, by the tensors of a layout that all dialects can be written in. */
function deltasOf(file: SafetensorsFile): Map<string, Float32Array> {
  const set = readAdapters(
    readSafetensors(
      writeSafetensors(writeAdapters(readAdapters(file), "kohya").tensors, Object.fromEntries(file.metadata)),
    ),
  );
  return new Map(set.adapters.map((adapter) => [adapter.module, adapterDelta(adapter) ?? new Float32Array()]));
}

function expectSum(file: SafetensorsFile, parts: readonly { file: SafetensorsFile; weight: number }[]): void {
  const found = deltasOf(file);
  const expected = new Map<string, Float32Array>();
  for (const { file: part, weight } of parts) {
    for (const [module, delta] of deltasOf(part)) {
      const before = expected.get(module) ?? new Float32Array(delta.length);
      expected.set(
        module,
        before.map((value, i) => value + weight * (delta[i] ?? Number.NaN)),
      );
    }
  }
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [module, delta] of expected) {
    const worst = Math.max(...delta.map((value, i) => Math.abs(value - (found.get(module)?.[i] ?? Number.NaN))));
    expect(worst, module).toBeLessThan(1e-5);
  }
}

describe("an operation on LoRAs", () => {
  it("merges to the weighted sum of the changes, and says what was merged", async () => {
    const [dog, ink] = [inputOf("dog"), inputOf("ink", { seed: 2 }, { weight: 0.5 })];
    const merged = await run({ kind: "merge" }, [dog, ink]);
    expectSum(merged, [
      { file: await fileOf(dog), weight: 1 },
      { file: await fileOf(ink), weight: 0.5 },
    ]);
    expect(merged.metadata.get("modelspec.title")).toBe("made");
    expect(merged.metadata.get("modelspec.merged_from")).toBe("dog, ink");
    expect(merged.metadata.get("modelspec.trigger_phrase")).toBe("dog, ink");
    expect(merged.metadata.get("ss_learning_rate")).toBeUndefined();
    expect(merged.metadata.get("modelspec.hash_sha256")).toBeUndefined();
    expect(JSON.parse(merged.metadata.get("loramill.made") ?? "")).toMatchObject({
      operation: { kind: "merge", method: { kind: "concat" } },
      from: [
        { name: "dog", weight: 1 },
        { name: "ink", weight: 0.5 },
      ],
    });
  });

  it("gives back one LoRA that is merged with nothing at weight 1", async () => {
    const dog = inputOf("dog");
    expectSum(await run({ kind: "merge" }, [dog]), [{ file: await fileOf(dog), weight: 1 }]);
  });

  it("merges files of dialects that cut modules differently", async () => {
    const one = inputOf("one", { family: "flux", seed: 3 });
    const other = inputOf("other", { family: "flux", seed: 3, dialect: "diffusers" }, { weight: 2 });
    expectSum(await run({ kind: "merge" }, [one, other]), [
      { file: await fileOf(one), weight: 1 },
      { file: await fileOf(other), weight: 2 },
    ]);
  });

  it("leaves blocks out by their weights", async () => {
    const dog = inputOf("dog", {}, { blocks: "NONE" });
    const merged = await run({ kind: "merge" }, [dog, inputOf("ink", { seed: 2 })]);
    expect(merged.tensors.size).toBeGreaterThan(0);
    await expect(run({ kind: "merge" }, [inputOf("dog", {}, { blocks: "1,2" })])).rejects.toMatchObject({
      code: "bad-block-weights",
    });
  });

  it("resizes, and says how much was kept; keeps how the LoRA was trained", async () => {
    const rule: LoraRankRule = { kind: "fixed", rank: 1 };
    const smaller = await run({ kind: "resize", rule }, [inputOf("dog")]);
    expect(readAdapters(smaller).adapters.every(({ rank }) => rank === 1)).toBe(true);
    expect(smaller.metadata.get("ss_network_dim")).toBe("1");
    expect(smaller.metadata.get("ss_learning_rate")).toBe("0.0001");
    expect(smaller.notes[0]).toMatch(/now have ranks 1 to 1 and keep [\d.]+ % of their norm/);
  });

  it("converts to another dialect and keeps the change", async () => {
    const dog = inputOf("dog");
    const converted = await run({ kind: "convert", dialect: "diffusers" }, [dog]);
    expect(readAdapters(converted).dialect).toBe("diffusers");
    expectSum(converted, [{ file: await fileOf(dog), weight: 1 }]);
  });

  it("prunes what is below a norm, and refuses to leave nothing", async () => {
    const dog = inputOf("dog");
    expect((await run({ kind: "prune" }, [dog])).notes[0]).toMatch(/^0 of \d+ modules/);
    await expect(run({ kind: "prune", minNorm: 1e9 }, [dog])).rejects.toMatchObject({ code: "nothing-left" });
  });

  it("merges LoRAs for Wan 2.1 and 2.2, which change the same modules", async () => {
    const trained = inputOf("walk", { family: "wan" });
    const plain = await fileOf(inputOf("still", { family: "wan", seed: 2 }));
    const imported = memorySource(writeSafetensors([...plain.tensors.values()], { ss_base_model_version: "wan2.1" }));
    const still = { name: "still", source: imported, weight: 1 };
    const merged = await run({ kind: "merge" }, [trained, still]);
    expectSum(merged, [
      { file: await fileOf(trained), weight: 1 },
      { file: await fileOf(still), weight: 1 },
    ]);
  });

  it("refuses families that do not go together, too many LoRAs, and none", async () => {
    const [sdxl, flux] = [inputOf("dog"), inputOf("film", { family: "flux" })];
    await expect(run({ kind: "merge" }, [sdxl, flux])).rejects.toMatchObject({
      code: "mixed-families",
      message: expect.stringContaining("film for flux"),
    });
    await expect(run({ kind: "prune" }, [sdxl, sdxl])).rejects.toMatchObject({ code: "too-many-loras" });
    await expect(run({ kind: "merge" }, [])).rejects.toMatchObject({ code: "no-lora" });
  });
});
