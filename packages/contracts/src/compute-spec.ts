import { z } from "zod";
import { MicroUsd } from "./money.ts";

/** A machine of one's own. Names as in other trainers' configuration files. */
export const LocalCompute = z.strictObject({
  device: z
    .string()
    .regex(/^(auto|cpu|mps|cuda(:\d{1,2})?)$/, "one of auto, cpu, mps, cuda, cuda:0, cuda:1, …")
    .default("auto")
    .describe("auto, cpu, mps, cuda or cuda:N; `auto` takes what the backend finds"),
  precision: z
    .enum(["fp32", "fp16", "bf16"])
    .optional()
    .describe("Number format; fp32, fp16 or bf16; wins over the recipe's mixedPrecision"),
  optimization: z
    .enum(["sdpa", "xformers"])
    .optional()
    .describe("Attention kernel; sdpa or xformers; left out: the backend's own"),
});

/** A rented machine. */
export const CloudCompute = z.strictObject({
  provider: z.string().min(1).max(64).default("runpod").describe("Who rents it out, such as runpod or replicate"),
  gpu_type: z.string().min(1).max(128).describe("GPU, such as RTX4090, A100 or the provider's own name for it"),
  region: z.string().min(1).max(64).optional().describe("Region or data centre, such as US-TX; left out: anywhere"),
  max_cost_per_hour: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe("Dearest machine that may be rented, in US dollars per hour and GPU; above 0 to 1000"),
});

export const ComputeSpec = z.union([CloudCompute, LocalCompute]);
export type ComputeSpec = z.output<typeof ComputeSpec>;

/** Where a training runs, with every name resolved: what a plan holds. */
export const Placement = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("local"),
    device: z.string().max(16),
    optimization: z.enum(["sdpa", "xformers"]).nullable(),
  }),
  z.strictObject({
    mode: z.literal("cloud"),
    provider: z.string().max(64),
    /** The provider's own id of the GPU, such as `NVIDIA GeForce RTX 4090`. */
    gpu: z.string().max(128),
    /** Data centres to choose from; empty: any. */
    dataCentres: z.array(z.string().max(64)).max(64),
    maxMicroUsdPerHour: MicroUsd.nullable(),
  }),
]);
export type Placement = z.output<typeof Placement>;
