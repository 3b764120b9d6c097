import { type MachineOffer, microUsdFromUsd } from "@loramill/contracts";
import type { GpuType } from "./runpod-schemas.ts";
import { stockOf } from "./stock-levels.ts";

/** Offers on demand of one cloud: one for each GPU type and data centre, also those that are sold out. */
export function offersOfGpus(
  gpus: readonly GpuType[],
  cloud: "SECURE" | "COMMUNITY",
  seedUsdPerHour: ReadonlyMap<string, number>,
): MachineOffer[] {
  return gpus.flatMap((gpu) => {
    const [isSold, listed] = cloud === "SECURE" ? [gpu.secure, gpu.price.secure] : [gpu.community, gpu.price.community];
    const usd = listed ? listed : (seedUsdPerHour.get(gpu.id) ?? 0);
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
