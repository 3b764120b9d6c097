import { generationConfig } from "@loramill/backends";
import { volumeConfig } from "@loramill/compute";
import { expect, it } from "vitest";
import { endpointVolume } from "./endpoint-volume.ts";

const serverless = (env: Record<string, string>) =>
  generationConfig.options(
    generationConfig.env.parse({ RUNPOD_API_KEY: "rpa_key", RUNPOD_SERVERLESS_ENDPOINT: "e", ...env }),
  ).serverless;
const access = (env: Record<string, string>) => volumeConfig.options(volumeConfig.env.parse(env));
const keys = { RUNPOD_S3_ACCESS_KEY_ID: "user_key", RUNPOD_S3_SECRET_ACCESS_KEY: "rps_secret" };

it("is named with its data centre, and says then that the endpoint loads LoRAs", () => {
  const named = serverless({ RUNPOD_SERVERLESS_VOLUME: "agv6w2qcg7@EU-RO-1" });
  expect(named).toMatchObject({ hasLoras: true, volume: { id: "agv6w2qcg7", region: "EU-RO-1" } });
  expect(serverless({})).toMatchObject({ hasLoras: false, volume: null });
  expect(() => serverless({ RUNPOD_SERVERLESS_VOLUME: "agv6w2qcg7" })).toThrow("agv6w2qcg7@EU-RO-1");
  expect(endpointVolume({ id: "agv6w2qcg7", region: "EU-RO-1" }, access(keys))).toBeTypeOf("function");
});

it("needs keys, and a data centre that gives access", () => {
  expect(() => endpointVolume({ id: "v", region: "EU-RO-1" }, access({}))).toThrow("RUNPOD_S3_ACCESS_KEY_ID and");
  expect(() => endpointVolume({ id: "v", region: "CA-MTL-1" }, access(keys))).toThrow("CA-MTL-1 gives no access");
});
