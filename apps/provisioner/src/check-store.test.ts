import { expect, it } from "vitest";
import { checkStore } from "./check-store.ts";

const RUNPOD = "https://api.runpod.io/v2";
const store = (url: string | null) => ({ presign: async () => url });

it.each([
  "https://bucket.s3.us-east-1.amazonaws.com/reachable?signed",
  "https://mill.example.org/v1/objects/reachable?signed",
  "https://8.8.8.8/bucket/reachable",
  "https://[2606:4700::1111]/bucket/reachable",
])("lets machines be rented that can reach %s", async (url) => {
  await expect(checkStore(store(url), RUNPOD)).resolves.toBeUndefined();
});

it.each([
  "http://s3:8333/loramill/reachable",
  "http://localhost:9000/reachable",
  "http://127.0.0.1:9000/reachable",
  "http://10.1.2.3/reachable",
  "http://[fd12::1]/reachable",
  "http://minio.storage.svc.cluster.local/reachable",
  "http://nas.lan/reachable",
])("rents none that could not reach %s, and says what to set", async (url) => {
  await expect(checkStore(store(url), RUNPOD)).rejects.toMatchObject({
    ...{ errorClass: "user", code: "store-not-reachable" },
    message: expect.stringMatching(/S3_PUBLIC_ENDPOINT/),
  });
});

it("rents none for a folder that nobody outside can read", async () => {
  await expect(checkStore(store(null), RUNPOD)).rejects.toThrow("use STORAGE_URL=s3://…, or set PUBLIC_URL");
});

it("leaves it to a provider in this network whether it reaches what is here", async () => {
  await expect(checkStore(store("http://127.0.0.1:9000/x"), "http://127.0.0.1:8080/v2")).resolves.toBeUndefined();
});
