import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { blobKey, sha256Hex } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { tensorsSha256 } from "@loramill/lora";
import { type OpenedStores, openStores } from "@loramill/storage";
import { drawPicture, tinyLora } from "@loramill/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import * as bytes from "../support/history/check-bytes.ts";
import { type Check, openHistory } from "../support/history/history.ts";
import { addLora, addPicture, addTrialMachine } from "../support/history/trial-history.ts";

let server: TestServer;
let catalog: Catalog;
let stores: OpenedStores;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  catalog = await server.open();
  await addTrialMachine(catalog);
  folder = mkdtempSync(join(tmpdir(), "loramill-bytes-"));
  stores = await openStores({ url: folder });
});
afterEach(async () => {
  await stores.close();
  rmSync(folder, { recursive: true, force: true });
});

const wrong = (check: Check) => check(openHistory(catalog, { acknowledged: [], stores }));
/** Says the sound bytes first: what is checked afterwards is broken. */
async function expectSeen(check: Check, breakIt: () => Promise<unknown>): Promise<void> {
  expect(await wrong(check)).toEqual([]);
  await breakIt();
  expect(await wrong(check)).toHaveLength(1);
}

const modules = ["unet.down_blocks.0.attn.to_q"];
const trained = tinyLora(modules, { rank: 2 });
const other = tinyLora(modules, { rank: 2, seed: 9 });
const keyOf = (file: Uint8Array) => blobKey(sha256Hex(file));

/** A LoRA in the library, with its file. */
async function addTrained(file: Uint8Array = trained, tensors = tensorsSha256(file)): Promise<void> {
  await stores.objects.put(keyOf(file), file);
  await catalog.pool.query(addLora("lora_1", sha256Hex(file), tensors));
}

test("a LoRA's file that is missing is told", async () => {
  await addTrained();
  await expectSeen(bytes.everyResultIsWholeInTheStore, () => stores.objects.delete(keyOf(trained)));
});

test("a LoRA's file that holds other bytes than its name says is told", async () => {
  await addTrained();
  await expectSeen(bytes.everyResultIsWholeInTheStore, () => stores.objects.put(keyOf(trained), other));
});

test("a picture of a result's document that is missing is told, and so is the document of a step", async () => {
  const image = await stores.blobs.put(Buffer.from("picture"), { mediaType: "image/png" });
  const part = await stores.documents.put("contact-sheet", { image, rows: 1, columns: 1, pictures: 1, of: 1 });
  const output = await stores.documents.put("parts", { parts: [part] });
  await catalog.pool.query("update loramill.steps set kind = 'grid', output = $1", [output]);
  await expectSeen(bytes.everyResultIsWholeInTheStore, () => stores.objects.delete(blobKey(image.sha256)));
  await stores.objects.delete(`documents/parts/${output}.json`);
  expect(await wrong(bytes.everyResultIsWholeInTheStore)).toMatchObject([{ key: `documents/parts/${output}.json` }]);
});

test("a LoRA that does not open is told, and so is one with other tensors than its row says", async () => {
  await addTrained();
  await expectSeen(bytes.everyLoraOpens, () => stores.objects.put(keyOf(trained), trained.subarray(0, 100)));
  await stores.objects.put(keyOf(trained), other);
  expect(await wrong(bytes.everyLoraOpens)).toHaveLength(1);
});

test("a LoRA whose values are no numbers is told", async () => {
  const spoilt = Buffer.from(trained);
  spoilt.writeFloatLE(Number.NaN, spoilt.length - 4);
  await addTrained(spoilt);
  expect(await wrong(bytes.everyLoraOpens)).toHaveLength(1);
});

test("a drawn picture that does not open, or has another size than its row says, is told", async () => {
  const picture = await encodeImage(drawPicture(1, { width: 8, height: 8 }), "png");
  await stores.objects.put(keyOf(picture), picture);
  await catalog.pool.query(addPicture(0, sha256Hex(picture)));
  await expectSeen(bytes.everyPictureOpens, () => catalog.pool.query("update loramill.generations set width = 9"));
  await stores.objects.put(keyOf(picture), picture.subarray(0, 40));
  expect(await wrong(bytes.everyPictureOpens)).toHaveLength(1);
});

test("a committed checkpoint with a part that is missing or other is told; what was never committed is not", async () => {
  const prefix = "checkpoints/job_1/1/000000020/";
  const part = Buffer.from("weights");
  const sha256 = sha256Hex(part);
  const stored = { key: `${prefix}part-0`, bytes: part.length, sha256 };
  const manifest = {
    ...{ format: "loramill-agent-checkpoint/1", kind: "checkpoint", marker: "job_1", lineage: sha256 },
    ...{ trainer: "sd-scripts", step: 20, imagesSeen: 20, paidSeconds: 1, loss: null, final: false },
    ...{ resumedFromSteps: [], curve: [], weights: "lora.safetensors" },
    files: [{ name: "lora.safetensors", bytes: part.length, sha256, parts: [stored] }],
  };
  await stores.objects.put("checkpoints/job_1/1/000000040/part-0", Buffer.from("half"));
  await stores.objects.put(stored.key, part);
  await stores.objects.put(`${prefix}COMMITTED.json`, Buffer.from(JSON.stringify(manifest)));
  await expectSeen(bytes.everyCommittedCheckpointIsWhole, () => stores.objects.put(stored.key, Buffer.from("weighty")));
  await stores.objects.delete(stored.key);
  expect(await wrong(bytes.everyCommittedCheckpointIsWhole)).toHaveLength(1);
});

test("a checkpoint of the embedded engine that says that it is whole is seen to miss or have other bytes", async () => {
  const prefix = "checkpoints/job_2/3/000000008/";
  const state = Buffer.from("state");
  const manifest = {
    ...{ format: "loramill-checkpoint/1", step: 8, imagesSeen: 8, paidSeconds: 1, loss: null, resumedFromSteps: [] },
    files: [{ name: "state.bin", bytes: state.length, sha256: sha256Hex(state) }],
  };
  await stores.objects.put(`${prefix}state.bin`, state);
  await stores.objects.put(`${prefix}COMMITTED.json`, Buffer.from(JSON.stringify(manifest)));
  await expectSeen(bytes.everyCommittedCheckpointIsWhole, () =>
    stores.objects.put(`${prefix}state.bin`, Buffer.from("other")),
  );
});
