import { describe, expect, it } from "vitest";
import { volumeAddress, volumeConfig } from "./volume-config.ts";

const read = (env: Record<string, string>) => volumeConfig.options(volumeConfig.env.parse(env));

describe("where a volume's files are", () => {
  it("is its data centre's server, by the volume's id", () => {
    const address = volumeAddress({ id: "agv6w2qcg7", region: "eu-ro-1" }, read({}));
    expect(address).toEqual({ endpoint: "https://s3api-eu-ro-1.runpod.io", region: "EU-RO-1", bucket: "agv6w2qcg7" });
  });

  it("is nowhere in data centres that give no access to them", () => {
    expect(volumeAddress({ id: "v", region: "EU-SE-1" }, read({}))).toBeNull();
  });

  it("wants both halves of a key, and a URL that names the region", () => {
    expect(read({ RUNPOD_S3_ACCESS_KEY_ID: "user_a", RUNPOD_S3_SECRET_ACCESS_KEY: "b" }).credentials).toEqual({
      accessKeyId: "user_a",
      secretAccessKey: "b",
    });
    expect(() => read({ RUNPOD_S3_ACCESS_KEY_ID: "user_a" })).toThrow("belong together");
    expect(() => read({ RUNPOD_S3_URL: "https://s3.example" })).toThrow("{region}");
  });
});
