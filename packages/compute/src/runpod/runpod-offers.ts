import { type ListPrice, type MachineOffer, microUsdFromUsd } from "@loramill/contracts";
import type { GpuType } from "./runpod-schemas.ts";
import { stockOf } from "./stock-levels.ts";

/** Offers on demand of one cloud: one for each GPU type and data centre, also those that are sold out. */
export function offersOfGpus(
  gpus: readonly GpuType[],
  cloud: "SECURE" | "COMMUNITY",
  seedUsdPerHour: ReadonlyMap<string, ListPrice>,
): MachineOffer[] {
  return gpus.flatMap((gpu) => {
    const [isSold, of] = cloud === "SECURE" ? [gpu.secure, "secure" as const] : [gpu.community, "community" as const];
    const usd = gpu.price[of] || (seedUsdPerHour.get(gpu.id)?.[of] ?? 0);
    if (!isSold || usd <= 0) return [];
    const places = gpu.dataCenters?.length ? gpu.dataCenters : [{ id: "", availability: gpu.availability ?? "NONE" }];
    return places.map(({ id, availability }) => ({
      gpuType: gpu.id,
      region: id,
      vramBytes: gpu.memory * 1024 ** 3,
      pricePerHourMicroUsd: microUsdFromUsd(usd),
      interruptible: false,
      available: stockOf(availability),
      cloud,
    }));
  });
}
