import { checkLorasJob, type LoraReport } from "@loramill/contracts";
import { readSafetensors, writeSafetensors } from "@loramill/lora";
import { fakeJobContext } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { fluxLora, openTools, type Tools } from "../test/support/open-tools.ts";
import { checkLoras } from "./check-loras.ts";

async function check(tools: Tools, params: object, ctx = fakeJobContext()): Promise<LoraReport> {
  const { digest } = await checkLoras(checkLorasJob.input.parse({ params }), tools, ctx);
  return tools.stores.documents.get("lora-report", digest);
}

/** The file with other bytes in the tensors whose names end so. */
function withBytes(file: Uint8Array, ending: string, byte: number): Uint8Array {
  const { tensors, metadata } = readSafetensors(file);
  const changed = [...tensors.values()].map(({ name, dtype, shape, data }) => {
    return { name, dtype, shape, data: name.endsWith(ending) ? new Uint8Array(data.length).fill(byte) : data };
  });
  return writeSafetensors(changed, Object.fromEntries(metadata));
}

describe("checkLoras", () => {
  it("looks at every value of a LoRA and judges how it is to be used", async () => {
    const tools = await openTools();
    const lora = await tools.putLora("dog", fluxLora(1));
    const ctx = fakeJobContext();
    const sound = await check(tools, { kind: "validate", lora, strength: 3 }, ctx);
    expect(sound).toMatchObject({
      kind: "validate",
      lora: { name: "dog", document: lora },
      looked: "values",
      valid: true,
      coverage: { family: "flux", total: 2 },
    });
    expect(codesOf(sound)).toContain("warning strength");
    expect(ctx.said.progress.at(-1)).toMatchObject({ percent: 100 });

    const nan = await tools.putLora("nan", withBytes(fluxLora(1), "lora_A.weight", 0xff));
    const zero = await tools.putLora("zero", withBytes(fluxLora(1), "lora_B.weight", 0));
    expect(codesOf(await check(tools, { kind: "validate", lora: nan }))).toContain("error not-finite");
    expect(codesOf(await check(tools, { kind: "validate", lora: zero }))).toContain("error untrained");
    const other = await check(tools, { kind: "validate", lora, family: "sdxl" });
    expect(other).toMatchObject({ valid: false, coverage: { family: "sdxl", loaded: 0, total: 2 } });
    expect(codesOf(other)).toEqual(["error wrong-family", "error partly-loaded"]);
  });

  it("says of a family without a table that its keys cannot be counted, and why", async () => {
    const tools = await openTools();
    const lora = await tools.putLora("dog", fluxLora(1));
    const report = await check(tools, { kind: "validate", lora, family: "hidream" });
    expect(report).toMatchObject({ coverage: null });
    const [, unknown] = report.kind === "validate" ? report.findings : [];
    expect(unknown).toMatchObject({
      severity: "warning",
      code: "not-counted",
      message: expect.stringContaining("no table of the modules of hidream"),
    });
  });

  it("compares what two LoRAs change, and writes the same report the second time", async () => {
    const tools = await openTools();
    const [a, b] = [await tools.putLora("dog", fluxLora(1)), await tools.putLora("ink", fluxLora(2))];
    const same = await check(tools, { kind: "compare", a, b: a });
    expect(same).toMatchObject({ kind: "compare", blocks: [{ block: "SINGLE00" }], onlyA: [], onlyB: [] });
    expect(same.kind === "compare" ? same.whole.cosine : 0).toBeCloseTo(1, 9);
    const input = checkLorasJob.input.parse({ params: { kind: "compare", a, b } });
    const first = await checkLoras(input, tools, fakeJobContext());
    expect(await checkLoras(input, tools, fakeJobContext())).toEqual(first);
  });
});

function codesOf(report: LoraReport): string[] {
  return report.kind === "validate" ? report.findings.map(({ severity, code }) => `${severity} ${code}`) : [];
}
