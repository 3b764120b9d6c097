import { type FleetProvider, type NetworkVolumes, TransientError } from "@loramill/contracts";
import { keepLog } from "@loramill/testkit";
import { expect, it } from "vitest";
import { checkVolumes } from "./check-volumes.ts";

const { signal } = new AbortController();
const volume = (id: string, region: string) => ({ id, region, path: "/workspace" });

async function check(configured: readonly ReturnType<typeof volume>[], list: NetworkVolumes["list"]) {
  const log = keepLog();
  const provider = { name: "runpod", volumes: { list } } as unknown as FleetProvider;
  const providers = new Map([["runpod", provider]]);
  const isChecked = await checkVolumes({ options: { volumes: [...configured] }, providers, log }, signal);
  return { isChecked, said: JSON.stringify(log.lines) };
}

const models = { id: "vol1", name: "models", region: "US-KS-2", bytes: 10e9 };

it("has nothing to say of volumes that are where they are said to be", async () => {
  expect(await check([volume("vol1", "US-KS-2")], async () => [models])).toEqual({ isChecked: true, said: "[]" });
});

it("names a volume that is gone, and one that is elsewhere", async () => {
  const { said } = await check([volume("vol1", "EU-RO-1"), volume("vol2", "US-KS-2")], async () => [models]);
  expect(said).toContain("the volume vol1 is in US-KS-2");
  expect(said).toContain("runpod has no volume vol2");
});

it("asks again where the list could not be had", async () => {
  const list = async () => {
    throw new TransientError("later", { code: "rate-limited" });
  };
  expect((await check([volume("vol1", "US-KS-2")], list)).isChecked).toBe(false);
});
