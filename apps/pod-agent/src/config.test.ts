import { expect, it } from "vitest";
import { readConfig, readMachineLease } from "./config.ts";

const rented = {
  ...{ AGENT_TOKEN: "a token of the tests", AGENT_MACHINE_LEASE_SECONDS: "600" },
  ...{ RUNPOD_POD_ID: "pod1", RUNPOD_API_KEY: "rpa_key", RUNPOD_API_URL: "https://runpod.example/v2/" },
};
const pod = { url: "https://runpod.example/v2", id: "pod1", key: "rpa_key" };

it("gives a rented machine back at the address of RunPod that it was given", () => {
  expect(readConfig(rented).machineLease).toEqual({ ms: 600_000, giveBack: { command: null, pod } });
  expect(readMachineLease({ ...rented, RUNPOD_API_URL: undefined })?.giveBack.pod?.url).toBe(
    "https://api.runpod.io/v2",
  );
});

it("knows how to give a machine back although the rest of its configuration is wrong", () => {
  const wrong = { ...rented, AGENT_TOKEN: "short", AGENT_CACHE_MAX_GIB: "much", AGENT_ON_LEASE_LOST: "no JSON" };
  expect(() => readConfig(wrong)).toThrow("the configuration cannot be used");
  expect(readMachineLease(wrong)).toEqual({ ms: 600_000, giveBack: { command: null, pod } });
  expect(readMachineLease({ ...wrong, AGENT_MACHINE_LEASE_SECONDS: undefined })).toBeNull();
});
