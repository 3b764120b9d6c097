import { runpodConfig, staticConfig } from "@loramill/compute";
import { keepLog } from "@loramill/testkit";
import { expect, it } from "vitest";
import { provisionerConfig } from "./config.ts";
import { openProviders } from "./open-providers.ts";

const open = (env: Record<string, string | undefined>) =>
  openProviders({
    provisioner: provisionerConfig.options(provisionerConfig.env.parse({ RUNPOD_API_KEY: "a key", ...env })),
    runpod: runpodConfig.options(runpodConfig.env.parse({})),
    static: staticConfig.options(staticConfig.env.parse({})),
    clock: { now: () => new Date() },
    log: keepLog(),
  });

it("opens nobody where nobody is named, and RunPod with a key and an image", () => {
  expect(open({}).size).toBe(0);
  expect([...open({ FLEET_PROVIDERS: "runpod", FLEET_IMAGE: "registry.example/agent:1" }).keys()]).toEqual(["runpod"]);
});

it("says what a provider lacks before anything is rented", () => {
  expect(() => open({ FLEET_PROVIDERS: "runpod" })).toThrow("FLEET_IMAGES: name the images");
  expect(() => open({ FLEET_PROVIDERS: "runpod", FLEET_IMAGE: "a", RUNPOD_API_KEY: undefined })).toThrow(
    "RUNPOD_API_KEY: set it",
  );
  expect(() => open({ FLEET_PROVIDERS: "simulated" })).toThrow("expected one of");
});
