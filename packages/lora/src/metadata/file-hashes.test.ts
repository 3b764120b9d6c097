import { describe, expect, it } from "vitest";
import hashes from "../../test/vectors/hashes.json" with { type: "json" };
import { memorySource } from "../byte-source.ts";
import { replaceMetadata } from "../safetensors/edit-metadata.ts";
import { fromFloat32 } from "../safetensors/tensor-values.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { fileHashes, sshsHashes, tensorsSha256 } from "./file-hashes.ts";

const values = Float32Array.from({ length: 307_200 }, (_, i) => i % 251);
const big = writeSafetensors([{ name: "a", dtype: "F32", shape: [307_200], data: fromFloat32("F32", values) }]);

describe("fileHashes", () => {
  it("agrees with the published hashes of a small file", async () => {
    const small = new Uint8Array(Buffer.from(hashes.small_file_base64, "base64"));
    const { sha256, tensor_sha256, autov1, autov2, autov3, crc32 } = hashes.small;
    expect(await fileHashes(memorySource(small))).toEqual({
      sha256,
      tensorsSha256: tensor_sha256,
      autoV1: autov1.toLowerCase(),
      autoV2: autov2.toLowerCase(),
      autoV3: autov3.toLowerCase(),
      crc32: crc32.toLowerCase(),
    });
  });

  it("agrees with the published hashes of a file past one MiB, also when it comes in small pieces", async () => {
    const { size, sha256, tensor_sha256, autov1 } = hashes.big;
    expect(big.length).toBe(size);
    expect(await fileHashes(memorySource(big))).toMatchObject({ sha256, tensorsSha256: tensor_sha256, autoV1: autov1 });
  });
});

describe("sshsHashes", () => {
  it("are those of the file without any but kohya's metadata", async () => {
    const kohya = replaceMetadata(big, { ss_network_dim: "4" });
    const titled = replaceMetadata(big, {
      ss_network_dim: "4",
      sshs_model_hash: "x",
      "modelspec.title": "t".repeat(500),
    });
    const found = await sshsHashes(memorySource(titled));
    expect(found).toEqual({
      sshs_model_hash: tensorsSha256(big),
      sshs_legacy_hash: (await fileHashes(memorySource(kohya))).autoV1,
    });
    expect(found.sshs_legacy_hash).not.toBe((await fileHashes(memorySource(titled))).autoV1);
  });
});
