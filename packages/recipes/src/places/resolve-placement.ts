import { microUsdFromUsd, nearNames, type Placement, type TrainSpec, UserError } from "@loramill/contracts";
import { findGpu, gpus, shortName } from "./gpus.ts";
import { dataCentresOf, regionNames } from "./regions.ts";

type Where = Pick<TrainSpec, "mode" | "compute">;
type Cloud = Extract<NonNullable<TrainSpec["compute"]>, { gpu_type: string }>;

/**
 * Where a training is to run, with GPU and region by the provider's own names; undefined where the spec says nothing.
 * Throws UserError `unknown-gpu`, `unknown-region` (with near names) or `mode-and-compute`.
 */
export function resolvePlacement({ mode, compute }: Where): Placement | undefined {
  if (compute === undefined) {
    if (mode === "cloud") {
      throw refusal("train.compute", "mode-and-compute", "cloud needs the GPU: add compute: { gpu_type: RTX4090 }");
    }
    return mode === undefined ? undefined : { mode, device: "auto", optimization: null };
  }
  if ("gpu_type" in compute) {
    if (mode === "local") {
      throw refusal("train.mode", "mode-and-compute", "local, yet train.compute names a machine to rent; write cloud");
    }
    return cloud(compute);
  }
  if (mode === "cloud") {
    throw refusal("train.compute", "mode-and-compute", "train.mode is cloud, yet this names a device of one's own");
  }
  return { mode: "local", device: compute.device, optimization: compute.optimization ?? null };
}

function cloud({ provider, gpu_type: type, region, max_cost_per_hour: most }: Cloud): Placement {
  const gpu = findGpu(type);
  if (gpu === undefined) {
    const near = nearNames(
      type,
      gpus.flatMap(({ aliases, id }) => [...aliases, id]),
    );
    const known = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `known: ${gpus.map(shortName).join(", ")}`;
    throw refusal("train.compute.gpu_type", "unknown-gpu", `there is no GPU "${type}"; ${known}`);
  }
  const dataCentres = region === undefined ? [] : dataCentresOf(region);
  if (dataCentres === null) {
    const near = nearNames(region ?? "", regionNames);
    const known = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `known: ${regionNames.join(", ")}`;
    throw refusal("train.compute.region", "unknown-region", `there is no region "${region}"; ${known}`);
  }
  return {
    mode: "cloud",
    provider: provider.toLowerCase(),
    gpu: gpu.id,
    dataCentres,
    maxMicroUsdPerHour: most === undefined ? null : microUsdFromUsd(most),
  };
}

const refusal = (field: string, code: string, problem: string): UserError =>
  new UserError(`${field}: ${problem}`, { code, details: { field } });
