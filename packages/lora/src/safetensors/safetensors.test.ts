import { UserError } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import cases from "../../test/vectors/safetensors-cases.json" with { type: "json" };
import { memorySource } from "../byte-source.ts";
import { tensorsSha256 } from "../metadata/file-hashes.ts";
import { replaceMetadata } from "./edit-metadata.ts";
import { readSafetensors, readSafetensorsHeader } from "./read-safetensors.ts";
import { fromFloat32, toFloat32 } from "./tensor-values.ts";
import { writeSafetensors } from "./write-safetensors.ts";

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

function problemOf(read: () => unknown): string {
  try {
    read();
    return "ok";
  } catch (error) {
    return error instanceof UserError ? String(error.details.problem) : String(error);
  }
}

const small = (values: number[]) => fromFloat32("F32", Float32Array.from(values));

describe("readSafetensors", () => {
  it.each(cases)("judges the file $name as $expected", ({ base64, expected }) => {
    expect(problemOf(() => readSafetensors(bytesOf(base64)))).toBe(expected);
  });

  it.each(cases)("judges the header of $name alone as the whole file", async ({ base64, expected }) => {
    const bytes = bytesOf(base64);
    const found = await readSafetensorsHeader(memorySource(bytes)).then(
      () => "ok",
      (error) => error.details.problem,
    );
    expect(found).toBe(expected);
  });

  it("treats __proto__ as a tensor name like any other", () => {
    const file = readSafetensors(bytesOf(cases.find(({ name }) => name === "proto_key")?.base64 ?? ""));
    expect([...file.tensors.keys()]).toEqual(["__proto__"]);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
  });

  it("reads metadata of megabytes with escapes", () => {
    const long = '\\"ä\n'.repeat(500_000);
    const file = readSafetensors(writeSafetensors([], { long }));
    expect(file.metadata.get("long") === long).toBe(true);
  });

  it("refuses keys that are repeated inside a tensor's description", () => {
    const json = new TextEncoder().encode('{"t":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}');
    const file = new Uint8Array(8 + json.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
    file.set(json, 8);
    expect(problemOf(() => readSafetensors(file))).toBe("InvalidHeaderDeserialization");
  });

  it("refuses integers that a double would round and nesting without end", () => {
    const tooPrecise = '{"t":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,0]}}';
    for (const text of [tooPrecise, `{"a":${"[".repeat(50_000)}`]) {
      const json = new TextEncoder().encode(text);
      const file = new Uint8Array(8 + json.length);
      new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
      file.set(json, 8);
      expect(problemOf(() => readSafetensors(file))).toBe("InvalidHeaderDeserialization");
    }
  });
});

describe("readSafetensors on damaged files", () => {
  it("answers a tensor list or a named problem for any change of any bytes, and never reads past the file", () => {
    const sound = writeSafetensors(
      [
        { name: "a", dtype: "F32", shape: [2, 2], data: new Uint8Array(16) },
        { name: "b", dtype: "F16", shape: [3], data: new Uint8Array(6) },
      ],
      { note: "x" },
    );
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    const problems = new Set<string>();
    for (let round = 0; round < 5_000; round += 1) {
      const damaged = new Uint8Array(sound.subarray(0, random(4) === 0 ? random(sound.length) : sound.length));
      for (let change = random(4); change > 0 && damaged.length > 0; change -= 1) {
        damaged[random(damaged.length)] = random(3) === 0 ? 0x30 + random(10) : random(256);
      }
      const problem = problemOf(() => {
        for (const { data, begin, end } of readSafetensors(damaged).tensors.values()) {
          if (data.length !== end - begin) throw new Error("a tensor reaches past the file");
        }
      });
      problems.add(problem);
      expect(problem).toMatch(/^(ok|[A-Z][A-Za-z]+)$/);
    }
    expect(problems.size).toBeGreaterThan(5);
  });
});

describe("writeSafetensors", () => {
  const tensors = [
    { name: "b.half", dtype: "F16", shape: [3], data: new Uint8Array(6) },
    { name: "z", dtype: "F32", shape: [2], data: small([1, 2]) },
    { name: "a", dtype: "F32", shape: [1, 2], data: small([3, 4]) },
    { name: "count", dtype: "I64", shape: [], data: new Uint8Array(8) },
  ] as const;

  it("lays tensors out by dtype and name with 8-aligned data, whatever the order it was given", () => {
    const file = writeSafetensors(tensors, { b: "2", a: "1" });
    expect(writeSafetensors([...tensors].reverse(), { a: "1", b: "2" })).toEqual(file);
    const read = readSafetensors(file);
    expect([...read.tensors.keys()]).toEqual(["count", "a", "z", "b.half"]);
    expect(read.dataStart % 8).toBe(0);
    expect([...read.metadata]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(toFloat32("F32", read.tensors.get("z")?.data ?? new Uint8Array())).toEqual(Float32Array.of(1, 2));
  });

  it("refuses tensors whose bytes do not fit their shape, and repeated names", () => {
    const tensor = { name: "a", dtype: "F32", shape: [3], data: small([1]) } as const;
    expect(() => writeSafetensors([tensor])).toThrow(RangeError);
    expect(() => writeSafetensors([tensors[0], tensors[0]])).toThrow(RangeError);
  });

  it("changes metadata without touching tensor bytes", () => {
    const file = writeSafetensors(tensors, { old: "x" });
    const edited = replaceMetadata(file, { title: "näme", loramill: "yes" });
    expect(tensorsSha256(edited)).toBe(tensorsSha256(file));
    expect(Object.fromEntries(readSafetensors(edited).metadata)).toEqual({ title: "näme", loramill: "yes" });
  });
});
