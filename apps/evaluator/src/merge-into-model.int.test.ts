import { blobKey, mergeIntoModelJob, type StoredModel } from "@loramill/contracts";
import { readSafetensors, writeSafetensors } from "@loramill/lora";
import { fakeJobContext, startS3Server } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { fluxLora, openTools } from "../test/support/open-tools.ts";
import { mergeIntoModel } from "./merge-into-model.ts";

const WEIGHT = "single_transformer_blocks.0.attn.to_q.weight";

/** A piece of Flux with 24 MiB that no LoRA changes. */
function checkpoint(): Uint8Array {
  const bystander = new Float32Array(6 * 1024 ** 2).map((_, i) => i % 251);
  const weight = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  return writeSafetensors([
    { name: "other.weight", dtype: "F32", shape: [2048, 3072], data: new Uint8Array(bystander.buffer) },
    { name: WEIGHT, dtype: "F32", shape: [8, 8], data: new Uint8Array(weight.buffer) },
  ]);
}

it("reads a checkpoint from S3 by ranges, and sends the new one in parts", async () => {
  const server = await startS3Server();
  onTestFinished(() => server.stop());
  const { endpoint, credentials, bucket } = server;
  const tools = await openTools(1_000_000, (spoolFolder) => ({
    url: `s3://${bucket}/mill`,
    s3: { endpoint, credentials, forcePathStyle: true, partBytes: 5 * 1024 ** 2, spoolFolder },
  }));
  const before = checkpoint();
  const { sha256 } = await tools.stores.blobs.put(before, { mediaType: "application/vnd.safetensors" });
  const model: StoredModel = { model: "owner/base", family: "flux", file: "flux.safetensors", sha256 };
  const dog = await tools.putLora("dog", fluxLora(1));
  const run = (ctx = fakeJobContext()) => {
    const params = { name: "dog model", model, leaveOut: false, from: [{ document: dog, weight: 1 }] };
    return mergeIntoModel(mergeIntoModelJob.input.parse({ params }), tools, ctx);
  };
  const asked = server.requests.length;
  const { digest } = await run();
  const requests = server.requests.slice(asked);
  const reads = requests.filter(({ operation, key }) => operation === "GetObject" && key.endsWith(blobKey(sha256)));
  expect(reads.length, "24 MiB in pieces of 4").toBeGreaterThanOrEqual(6);
  expect(reads.every(({ status }) => status === 206)).toBe(true);
  expect(requests.filter(({ operation }) => operation === "UploadPart").length).toBeGreaterThanOrEqual(4);

  const { weights } = await tools.stores.documents.get("model", digest);
  const [was, is] = [before, await tools.stores.blobs.read(weights)].map(readSafetensors);
  const bytes = (file: typeof was, name: string) => Buffer.from(file?.tensors.get(name)?.data ?? []);
  expect(bytes(is, "other.weight").equals(bytes(was, "other.weight"))).toBe(true);
  expect(bytes(is, WEIGHT).equals(bytes(was, WEIGHT))).toBe(false);

  const { keys } = server.contents();
  const cancelled = fakeJobContext();
  cancelled.cancel();
  await expect(run(cancelled)).rejects.toMatchObject({ code: "cancelled" });
  expect(server.contents()).toEqual({ keys, uploads: [] });
});
