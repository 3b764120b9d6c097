import { type MachineOffer, microUsdFromUsd, TransientError } from "@loramill/contracts";
import { z } from "zod";
import { type Connection, connectRunPod } from "./ask-runpod.ts";
import { errorOfGraphQl, GraphQlError } from "./graphql-errors.ts";
import { hideSecrets } from "./hide-secrets.ts";
import type { CreatePod } from "./runpod-requests.ts";
import { stockOf } from "./stock-levels.ts";

/** Spot machines, by the vendor's older API: the newer one has no word for them. */
export interface SpotLane {
  offers(clouds: readonly string[], signal?: AbortSignal): Promise<readonly MachineOffer[]>;
  /** Bids what the offer costs; the id of the pod. */
  rent(pod: CreatePod, bidUsdPerHour: number, signal?: AbortSignal): Promise<string>;
}

const PRICES = `query SpotPrices($secure: Boolean!) {
  gpuTypes {
    id memoryInGb
    lowestPrice(input: { gpuCount: 1, secureCloud: $secure }) { minimumBidPrice stockStatus }
  }
}`;

const RENT = `mutation Rent($input: PodRentInterruptableInput!) {
  podRentInterruptable(input: $input) { id imageName env machineId machine { podHostId } }
}`;

/** Errors come with status 200. */
const Answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(GraphQlError).nullish(),
});

const Price = z.object({
  id: z.string(),
  memoryInGb: z.number().min(0),
  lowestPrice: z.object({ minimumBidPrice: z.number().nullish(), stockStatus: z.string().nullish() }).nullish(),
});
const Prices = z.object({ gpuTypes: z.array(Price) });
const Rented = z.object({ podRentInterruptable: z.object({ id: z.string() }) });

export function createSpotLane(url: string, connection: Connection): SpotLane {
  const runpod = connectRunPod(connection);

  async function ask<T>(query: string, variables: object, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
    const answer = await runpod.ask({ method: "POST", url, body: { query, variables }, signal }, Answer);
    // What was asked for counts, whatever else went wrong: a machine that is named here is rented.
    const parsed = schema.safeParse(answer.data);
    if (parsed.success) return parsed.data;
    const { capacityWords } = connection;
    if (answer.errors?.length)
      throw errorOfGraphQl(answer.errors, { capacityWords, say: hideSecrets(connection.apiKey, variables) });
    throw new TransientError("RunPod's GraphQL answers in another shape", { code: "bad-answer" });
  }

  return {
    async offers(clouds, signal) {
      const lists = clouds.map(async (cloud) => {
        const { gpuTypes } = await ask(PRICES, { secure: cloud === "SECURE" }, Prices, signal);
        return gpuTypes.flatMap((gpu): MachineOffer[] => {
          const usd = gpu.lowestPrice?.minimumBidPrice ?? 0;
          if (usd <= 0) return [];
          return [
            {
              gpuType: gpu.id,
              region: "",
              vramBytes: gpu.memoryInGb * 1024 ** 3,
              pricePerHourMicroUsd: microUsdFromUsd(usd),
              interruptible: true,
              available: stockOf(gpu.lowestPrice?.stockStatus ?? "NONE"),
              cloud,
            },
          ];
        });
      });
      return (await Promise.all(lists)).flat();
    },

    async rent(pod, bidUsdPerHour, signal) {
      const [mount] = pod.mounts?.network ?? [];
      const input = {
        name: pod.name,
        imageName: pod.image,
        gpuTypeId: pod.gpu.id,
        gpuCount: pod.gpu.count,
        cloudType: pod.cloud,
        containerDiskInGb: pod.disk,
        ports: pod.ports.join(","),
        env: Object.entries(pod.env ?? {}).map(([key, value]) => ({ key, value })),
        bidPerGpu: bidUsdPerHour,
        ...(pod.args === undefined ? {} : { dockerArgs: pod.args }),
        ...(pod.registry === undefined ? {} : { containerRegistryAuthId: pod.registry }),
        ...(pod.dataCenterIds?.[0] === undefined ? {} : { dataCenterId: pod.dataCenterIds[0] }),
        ...(mount === undefined ? {} : { networkVolumeId: mount.volumeId, volumeMountPath: mount.path }),
      };
      return (await ask(RENT, { input }, Rented, signal)).podRentInterruptable.id;
    },
  };
}
