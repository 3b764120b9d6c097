import { describe, expect, it } from "vitest";
import files from "../../test/vectors/torch-files.json" with { type: "json" };
import { type ByteSource, memorySource } from "../byte-source.ts";
import { sizeWarning } from "../file-size.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { toFloat32 } from "../safetensors/tensor-values.ts";
import { torchToSafetensors } from "./convert-torch-file.ts";
import { readTorchFile } from "./read-torch-file.ts";
import { walkPickle } from "./walk-pickle.ts";

const decode = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const open = (base64: string) => readTorchFile(memorySource(decode(base64)));

describe.each(["zip", "legacy"] as const)("readTorchFile of the %s container", (container) => {
  it("finds the named tensors, whatever else is beside them", async () => {
    const file = await open(files[container]);
    expect(file.container).toBe(container);
    expect([...file.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["lora_unet_x.lora_down.weight", "F32", [2, 3]],
      ["lora_unet_x.lora_up.weight", "F32", [3, 2]],
      ["lora_unet_x.alpha", "F16", []],
    ]);
  });

  it("reads views of a storage, transposed ones in C order", async () => {
    const { tensors } = await open(files[container]);
    const values = async (name: string, dtype: "F32" | "F16") =>
      toFloat32(dtype, (await tensors.get(`lora_unet_x.${name}`)?.read()) ?? new Uint8Array());
    expect(await values("lora_down.weight", "F32")).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(await values("lora_up.weight", "F32")).toEqual(Float32Array.of(7, 10, 8, 11, 9, 12));
    expect(await values("alpha", "F16")).toEqual(Float32Array.of(4));
  });

  it("becomes a safetensors file", async () => {
    const stream = torchToSafetensors(await open(files[container]), { note: "converted" });
    const bytes = new Uint8Array(Buffer.concat(await Array.fromAsync(stream.chunks)));
    expect(bytes.length).toBe(stream.size);
    const converted = readSafetensors(bytes);
    expect(converted.metadata.get("note")).toBe("converted");
    const up = converted.tensors.get("lora_unet_x.lora_up.weight");
    expect(up?.shape).toEqual([3, 2]);
    expect(toFloat32("F32", up?.data ?? new Uint8Array())).toEqual(Float32Array.of(7, 10, 8, 11, 9, 12));
  });

  it("refuses every shorter copy of itself, or reads it as far as it goes", async () => {
    const bytes = decode(files[container]);
    for (let length = 0; length < bytes.length; length += 1) {
      const source = memorySource(bytes.subarray(0, length));
      const read = async () => {
        for (const tensor of (await readTorchFile(source)).tensors.values()) await tensor.read();
      };
      await expect(read()).rejects.toMatchObject({ code: "bad-torch-file" });
    }
  });
});

describe("readTorchFile", () => {
  it("does not read the numbers before they are asked for", async () => {
    const bytes = decode(files.zip);
    const ranges: [number, number][] = [];
    const source: ByteSource = {
      size: bytes.length,
      bytes: async (from, to) => {
        ranges.push([from, to]);
        return bytes.subarray(from, to);
      },
    };
    const file = await readTorchFile(source);
    ranges.length = 0;
    await file.tensors.get("lora_unet_x.alpha")?.read();
    expect(ranges.map(([from, to]) => to - from)).toEqual([30, 2]);
  });

  it("names the function a file wants to call, and where, and does not call it", async () => {
    await expect(open(files.evil)).rejects.toMatchObject({
      code: "unsafe-pickle",
      details: { what: "posix.system", at: expect.any(Number) },
    });
  });

  it("refuses compressed archives", async () => {
    await expect(open(files.deflated)).rejects.toThrow(/data\.pkl is compressed/);
  });
});

describe("walkPickle", () => {
  const bytes = (text: string) => Buffer.from(text, "latin1");

  it.each([
    ["INST", "(ios\nsystem\n."],
    ["OBJ", "(cos\nsystem\no."],
    ["STACK_GLOBAL", "X\x02\0\0\0osX\x06\0\0\0system\x93."],
    ["EXT1", "\x82\x01."],
    ["PERSID", "P0\n."],
    ["NEWOBJ_EX", ")\x92."],
  ])("refuses the opcode %s", (name, pickle) => {
    const what = name === "OBJ" ? "os.system" : `the opcode ${name}`;
    expect(() => walkPickle(bytes(pickle))).toThrow(new RegExp(what.replace(".", "\\.")));
  });

  it.each(["os\nsystem", "builtins\neval", "torch\nload", "torch._utils\n_rebuild", "collections\nOrderedDict.x"])(
    "refuses the name %j as soon as it is mentioned",
    (name) => {
      expect(() => walkPickle(bytes(`c${name}\n.`))).toThrow(/could run code/);
    },
  );

  it("refuses to call what is no name, and other protocols", () => {
    expect(() => walkPickle(bytes("NN\x85R."))).toThrow(/not a name/);
    expect(() => walkPickle(bytes("ctorch\nFloatStorage\n)R."))).toThrow(/a call of torch.FloatStorage/);
    expect(() => walkPickle(decode(files.protocol4_pickle))).toThrow(/protocol 4/);
    expect(() => walkPickle(decode(files.evil_bare_pickle))).toThrow(/posix\.system/);
  });

  it("reads numbers of all widths, texts and nested containers", () => {
    const pickle = bytes(
      "\x80\x02(J\xff\xff\xff\xffK\xc8M\x01\x02\x8a\x01\xffG?\xf0\0\0\0\0\0\0X\x01\0\0\0aU\x01b\x88\x89N]Nat.",
    );
    expect(walkPickle(pickle).value).toEqual({
      kind: "tuple",
      items: [-1, 200, 513, -1, 1, "a", "b", true, false, null, { kind: "list", items: [null] }],
    });
  });

  it("refuses tensors that reach past their storage or repeat its elements", () => {
    const tensor = (offset: string, size: string, stride: string) =>
      bytes(
        `ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ${offset}${size}${stride}\x89}tR.`,
      );
    expect(walkPickle(tensor("K\0", "K\x02K\x02\x86", "K\x02K\x01\x86")).value).toMatchObject({ shape: [2, 2] });
    for (const [offset, size, stride] of [
      ["K\x01", "K\x02K\x02\x86", "K\x02K\x01\x86"],
      ["K\0", "K\x05\x85", "K\0\x85"],
      ["K\0", "K\x02\x85", "J\xff\xff\xff\xff\x85"],
      ["K\0", "J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", "K\0K\0\x86"],
    ] as const) {
      expect(() => walkPickle(tensor(offset, size, stride))).toThrow(/tensor/);
    }
  });
});

describe("sizeWarning", () => {
  it("asks about files above the limit only", () => {
    expect(sizeWarning(500_000_000)).toBeNull();
    expect(sizeWarning(2_000_000_000)).toMatch(/2,000 MB, more than 500 MB/);
    expect(sizeWarning(20, 10)).not.toBeNull();
  });
});
