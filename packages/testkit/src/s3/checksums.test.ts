import { expect, it } from "vitest";
import { checksum, checksumAlgorithms, checksumHeader } from "./checksums.ts";

// Check values of the catalogue of parametrised CRC algorithms: the checksum of the digits 1 to 9.
const KNOWN = {
  CRC32: "cbf43926",
  CRC32C: "e3069283",
  CRC64NVME: "ae8b14860a799888",
  SHA1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  SHA256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
} as const;

it.each(checksumAlgorithms)("%s has its published check value", (algorithm) => {
  const hex = Buffer.from(checksum(algorithm, Buffer.from("123456789")), "base64").toString("hex");
  expect(hex).toBe(KNOWN[algorithm]);
});

it("names the header of an algorithm as S3 does", () => {
  expect(checksumAlgorithms.map(checksumHeader)).toEqual([
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
  ]);
});

it("gives every checksum of nothing its full length", () => {
  expect(checksum("CRC32", new Uint8Array(0))).toBe("AAAAAA==");
  expect(checksum("CRC64NVME", new Uint8Array(0))).toBe("AAAAAAAAAAA=");
});
