import { describe, expect, it } from "vitest";
import files from "../../test/vectors/torch-files.json" with { type: "json" };
import { memorySource } from "../byte-source.ts";
import { torchToSafetensors } from "./convert-torch-file.ts";
import { readTorchFile } from "./read-torch-file.ts";
import { torchSource } from "./torch-source.ts";

describe.each(["zip", "legacy"] as const)("torchSource of the %s container", (container) => {
  const open = () => readTorchFile(memorySource(Buffer.from(files[container], "base64")));

  it("gives every range of the safetensors file that it would become", async () => {
    const whole = Buffer.concat(await Array.fromAsync(torchToSafetensors(await open()).chunks));
    const source = await torchSource(await open());
    expect(source.size).toBe(whole.length);
    for (let from = 0; from <= whole.length; from += 1) {
      for (const to of [from, from + 1, from + 9, whole.length]) {
        if (to > whole.length) continue;
        expect(Buffer.from(await source.bytes(from, to)), `${from} to ${to}`).toEqual(whole.subarray(from, to));
      }
    }
  });

  it("reads the numbers of a tensor when they are asked for, once for all ranges within it", async () => {
    const file = await open();
    const reads: string[] = [];
    const tensors = new Map(
      [...file.tensors].map(([name, tensor]) => {
        const read = () => {
          reads.push(name);
          return tensor.read();
        };
        return [name, { ...tensor, read }];
      }),
    );
    const source = await torchSource({ ...file, tensors });
    expect(reads).toEqual([]);
    const dataStart = source.size - 2 * 24 - 2;
    await source.bytes(dataStart, dataStart + 4);
    await source.bytes(dataStart + 4, dataStart + 24);
    expect(reads).toEqual(["lora_unet_x.lora_down.weight"]);
  });
});
