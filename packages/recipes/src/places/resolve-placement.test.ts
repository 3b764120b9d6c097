import { UserError } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { findGpu, gpus } from "./gpus.ts";
import { dataCentresOf } from "./regions.ts";
import { resolvePlacement } from "./resolve-placement.ts";

const refusal = (where: Parameters<typeof resolvePlacement>[0]): UserError => {
  try {
    resolvePlacement(where);
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error("it was not refused");
};
const rented = (gpu_type: string, region?: string) => ({
  compute: { provider: "RunPod", gpu_type, ...(region === undefined ? {} : { region }) },
});

describe("resolvePlacement", () => {
  it("gives GPUs and regions the provider's own names", () => {
    expect(
      resolvePlacement({ mode: "cloud", compute: { ...rented("RTX4090", "US-TX").compute, max_cost_per_hour: 0.5 } }),
    ).toEqual({
      mode: "cloud",
      provider: "runpod",
      gpu: "NVIDIA GeForce RTX 4090",
      dataCentres: ["US-TX-1", "US-TX-3", "US-TX-4"],
      maxMicroUsdPerHour: 500_000,
    });
    expect(resolvePlacement({ compute: { device: "cuda:1", optimization: "sdpa" } })).toEqual({
      mode: "local",
      device: "cuda:1",
      optimization: "sdpa",
    });
  });

  it("leaves it to the backend when nothing is said", () => {
    expect(resolvePlacement({})).toBeUndefined();
    expect(resolvePlacement({ mode: "local" })).toEqual({ mode: "local", device: "auto", optimization: null });
  });

  it("lists near names of unknown GPUs and regions", () => {
    expect(refusal(rented("RTX409")).message).toMatch(/there is no GPU "RTX409"; did you mean RTX4090/);
    expect(refusal(rented("RTX4090", "US-TEX")).message).toMatch(/did you mean US-TX/);
    expect(refusal(rented("abacus of wood")).message).toContain("known: A4000, ");
    expect(refusal(rented("RTX4090", "the far side of the moon")).code).toBe("unknown-region");
  });

  it("refuses a mode that the machine contradicts", () => {
    expect(refusal({ mode: "cloud" }).details).toEqual({ field: "train.compute" });
    expect(refusal({ mode: "local", ...rented("A100") }).details).toEqual({ field: "train.mode" });
    expect(refusal({ mode: "cloud", compute: { device: "auto" } }).details).toEqual({ field: "train.compute" });
  });
});

describe("names", () => {
  it("find a GPU however people write it", () => {
    for (const name of ["RTX 4090", "rtx-4090", "4090", "NVIDIA GeForce RTX 4090", "GeForce RTX 4090"]) {
      expect(findGpu(name)?.id, name).toBe("NVIDIA GeForce RTX 4090");
    }
    for (const gpu of gpus) {
      for (const name of [gpu.id, ...gpu.aliases]) expect(findGpu(name), name).toBe(gpu);
    }
  });

  it("find the data centres of a region, and pass on one that is not listed yet", () => {
    expect(dataCentresOf("us-nc")).toEqual(["US-NC-1", "US-NC-2"]);
    expect(dataCentresOf("us-or")).toEqual(["US-OR-1"]);
    expect(dataCentresOf("EU-RO-1")).toEqual(["EU-RO-1"]);
    expect(dataCentresOf("EU-PT-1")).toEqual(["EU-PT-1"]);
    expect(dataCentresOf("europe")).toContain("EUR-IS-2");
    expect(dataCentresOf("europe")).not.toContain("US-TX-1");
  });
});
