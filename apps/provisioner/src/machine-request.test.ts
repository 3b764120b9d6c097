import type { MachineImage } from "@loramill/contracts";
import { expect, it } from "vitest";
import { machineRequest } from "./machine-request.ts";

const sd = { image: "sd:1", trainers: ["sd-scripts"] };
const ai = { image: "ai:1", trainers: ["ai-toolkit"] };
const options = { agentSecret: "a secret of many letters", agentEnv: {}, images: [sd, ai], command: null };

const imageOf = (chosen: readonly MachineImage[] | undefined) => {
  const offer = { gpuType: "NVIDIA L4", region: "", vramBytes: 24e9, pricePerHourMicroUsd: 1, interruptible: false };
  const candidate = { ...offer, available: 1, ...(chosen === undefined ? {} : { images: chosen }) };
  return machineRequest({ name: "lm-1", candidates: [candidate] }, { ...options, diskBytes: 1, leaseMs: 1_000 }).image;
};

it("a machine runs the image that its plan has chosen for its trainings; own servers run what they run", () => {
  expect(imageOf([ai])).toBe("ai:1");
  expect(imageOf([{ image: "", trainers: ["sd-scripts"] }])).toBe("");
  // A wish that was made before images were told.
  expect(imageOf(undefined)).toBe("sd:1");
});
