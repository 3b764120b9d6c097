import { type MachineOffer, microUsdFromUsd, TransientError } from "@loramill/contracts";
import { z } from "zod";
import { type Connection, connectRunPod } from "./ask-runpod.ts";
import { errorOfGraphQl, GraphQlError } from "./graphql-errors.ts";
import { hideSecrets } from "./hide-secrets.ts";
import type { CreatePod } from "./runpod-requests.ts";
import { stockOf } from "./stock-levels.ts";

/** Spot machines, by the vendor's older API: the newer one has no word for them. */
export interface SpotLane {
  /** In the secure cloud by the data centres that are named, at most `MAX_REGIONS`; without any, and elsewhere, wherever there is one. */
  offers(
    wanted: { readonly clouds: readonly string[]; readonly regions: readonly string[] },
    signal?: AbortSignal,
  ): Promise<readonly MachineOffer[]>;
  /** Bids what the offer costs; the id of the pod. */
  rent(pod: CreatePod, bidUsdPerHour: number, signal?: AbortSignal): Promise<string>;
}

/** Data centres of one request, each of which looks for every GPU type, and of all requests. */
const REGIONS_AT_ONCE = 8;
const MAX_REGIONS = 40;
const ANYWHERE = "";

/** The price of each GPU type in each of so many places: `in0` is the first. Without a data centre it is that of any. */
function pricesQuery(regions: readonly string[]): string {
  const places = regions.map((region, at) => (region === ANYWHERE ? "" : `, dataCenterId: $in${at}`));
  const variables = regions.flatMap((region, at) => (region === ANYWHERE ? [] : [`, $in${at}: String!`]));
  const prices = places.map(
    (place, at) =>
      `in${at}: lowestPrice(input: { gpuCount: 1, secureCloud: $secure${place} }) { minimumBidPrice stockStatus }`,
  );
  return `query SpotPrices($secure: Boolean!${variables.join("")}) { gpuTypes { id memoryInGb ${prices.join(" ")} } }`;
}

const RENT = `mutation Rent($input: PodRentInterruptableInput!) {
  podRentInterruptable(input: $input) { id imageName env machineId machine { podHostId } }
}`;

/** Errors come with status 200. */
const Answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(GraphQlError).nullish(),
});

const Price = z.object({ minimumBidPrice: z.number().nullish(), stockStatus: z.string().nullish() }).nullish();
const PricedGpu = z.object({ id: z.string(), memoryInGb: z.number().min(0) }).catchall(Price.catch(null));
const Prices = z.object({ gpuTypes: z.array(PricedGpu) });
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

  async function pricesIn(cloud: string, places: readonly string[], signal?: AbortSignal): Promise<MachineOffer[]> {
    const named = Object.fromEntries(places.flatMap((place, at) => (place === ANYWHERE ? [] : [[`in${at}`, place]])));
    const variables = { secure: cloud === "SECURE", ...named };
    const { gpuTypes } = await ask(pricesQuery(places), variables, Prices, signal);
    return gpuTypes.flatMap(({ id, memoryInGb, ...prices }) =>
      places.flatMap((region, at): MachineOffer[] => {
        const { minimumBidPrice, stockStatus } = prices[`in${at}`] ?? {};
        if (!minimumBidPrice || minimumBidPrice <= 0) return [];
        return [
          {
            gpuType: id,
            region,
            vramBytes: memoryInGb * 1024 ** 3,
            pricePerHourMicroUsd: microUsdFromUsd(minimumBidPrice),
            interruptible: true,
            available: stockOf(stockStatus ?? "NONE"),
            cloud,
          },
        ];
      }),
    );
  }

  return {
    async offers({ clouds, regions }, signal) {
      const questions = clouds.flatMap((cloud) => {
        // Machines of the other cloud stand in no data centre that could be asked for.
        const places = cloud === "SECURE" && regions.length > 0 ? regions.slice(0, MAX_REGIONS) : [ANYWHERE];
        return batchesOf(places, REGIONS_AT_ONCE).map((batch) => pricesIn(cloud, batch, signal));
      });
      return (await Promise.all(questions)).flat();
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

function batchesOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
