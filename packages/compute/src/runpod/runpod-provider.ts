import {
  type FleetMachine,
  type FleetProvider,
  type MachineOffer,
  type MachineRequest,
  OFFER_FORBIDDEN,
  PAYMENT_REQUIRED,
  PermanentError,
  REQUEST_REFUSED,
  TransientError,
  toErrorRecord,
  UserError,
} from "@loramill/contracts";
import type { Connection } from "./ask-runpod.ts";
import { openRunPodBooks } from "./runpod-books.ts";
import { createRunPodClient } from "./runpod-client.ts";
import type { RunPodOptions } from "./runpod-config.ts";
import { machineOfBooks, machineOfPod, SPOT_MARK } from "./runpod-machine.ts";
import { offersOfGpus } from "./runpod-offers.ts";
import type { CreatePod } from "./runpod-requests.ts";
import type { Pod } from "./runpod-schemas.ts";
import { createRunPodVolumes } from "./runpod-volumes.ts";
import { sharePods } from "./share-pods.ts";
import { createSpotLane } from "./spot-lane.ts";
import { openSpotOffers } from "./spot-offers.ts";

export type RunPodParts = Pick<Connection, "apiKey" | "clock" | "fetch" | "sleep"> & {
  /** How old, in milliseconds, the list may be that machines are looked up in; left out, each is asked for by itself. */
  readonly lookMs?: number;
  /** Milliseconds that machines wait for the account's books before they are told without; 5,000 where it is left out. */
  readonly booksPatienceMs?: number;
  /** Spot machines cannot be had now; offers on demand are what is left. */
  readonly onSpotLost?: (error: Error) => void;
};

const GB = 1_000_000_000;
/** Where nobody says how much: a base model, its caches and some checkpoints. */
const DISK_BYTES = 60 * GB;
const HOUR_MS = 3_600_000;

/** RunPod's pods as machines: on demand by its REST API, and spot, where that is switched on, by its older one. */
export function createRunPodProvider(options: RunPodOptions, parts: RunPodParts): FleetProvider {
  const { onSpotLost, lookMs = 0, booksPatienceMs, ...own } = parts;
  const connection: Connection = { ...own, timeoutMs: options.timeoutMs, capacityWords: options.capacityWords };
  const client = createRunPodClient(options.url, connection);
  const spot = options.offersSpot ? createSpotLane(options.graphqlUrl, connection) : null;
  const spotOffers = openSpotOffers(spot, { clouds: options.clouds, clock: parts.clock, onLost: onSpotLost });
  const { serverlessEndpoint: endpoint, billingLagHours } = options;
  const books = openRunPodBooks(client, {
    ...{ clock: parts.clock, lagMs: billingLagHours * HOUR_MS, endpoint },
    ...(booksPatienceMs !== undefined && { patienceMs: booksPatienceMs }),
  });
  const listed = lookMs > 0 ? sharePods(client.pods.list, parts.clock, lookMs) : null;

  async function view(pod: Pod, signal?: AbortSignal): Promise<FleetMachine> {
    // Of one that computes, its price and its age tell the bill: nobody waits for the books to watch it or give it back.
    const booked = pod.cost > 0 ? undefined : (await books.byPod(signal)).get(pod.id);
    return machineOfPod(pod, { now: parts.clock.now(), ...options, booked });
  }

  async function rentSpot(pod: CreatePod, offer: MachineOffer, signal?: AbortSignal): Promise<Pod> {
    if (spot === null) throw new UserError("Spot machines are switched off (RUNPOD_SPOT)", { code: "spot-is-off" });
    const id = await spot.rent(pod, offer.pricePerHourMicroUsd / 1_000_000, signal).catch((error: unknown) => {
      throw notAsSpot(error, onSpotLost);
    });
    // It is paid for from here on: that it cannot be looked at is no refusal, after which another would be rented.
    const rented = await client.pods.find(id, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new TransientError(`RunPod rented out ${id} and does not show it: ${toErrorRecord(error).message}`, {
        code: "provider-failed",
        cause: error,
      });
    });
    if (rented !== null) return rented;
    throw new TransientError(`RunPod rented out ${id} and does not list it yet`, { code: "provider-failed" });
  }

  async function rent(pod: CreatePod, signal?: AbortSignal): Promise<Pod> {
    try {
      return await client.pods.create(pod, signal);
    } catch (error) {
      // A volume or a template that is not there: another offer may do without it, and when none does, we asked for a wrong one.
      const isMissing = error instanceof PermanentError && error.code === "not-found";
      throw isMissing ? new PermanentError(error.message, { code: REQUEST_REFUSED, cause: error }) : error;
    }
  }

  return {
    name: "runpod",
    async isAvailable(signal) {
      try {
        const { length } = await client.pods.list(signal);
        return { available: true, message: `RunPod answers; the account has ${length} pods` };
      } catch (error) {
        signal?.throwIfAborted();
        return { available: false, message: toErrorRecord(error).message };
      }
    },
    async offers(signal) {
      const lists = options.clouds.map(async (cloud) =>
        offersOfGpus(await client.gpus.list(cloud, signal), cloud, options.seedUsdPerHour),
      );
      const onDemand = (await Promise.all(lists)).flat();
      return [...onDemand, ...(await spotOffers(onDemand, signal))];
    },
    async machines(signal) {
      const [pods, booked] = await Promise.all([client.pods.list(signal), books.byPod(signal)]);
      const now = parts.clock.now();
      const listed = new Set(pods.map(({ id }) => id));
      const gone = [...booked].filter(([id]) => !listed.has(id));
      const settled = now.getTime() - options.billingLagHours * HOUR_MS;
      return [
        ...pods.map((pod) => machineOfPod(pod, { now, ...options, booked: booked.get(pod.id) })),
        ...gone.map(([id, sum]) => machineOfBooks(id, sum, sum.to.getTime() <= settled)),
      ];
    },
    async create(request) {
      const { offer, signal } = request;
      const body = podOf(request, options);
      const pod = offer.interruptible ? await rentSpot(body, offer, signal) : await rent(body, signal);
      return machineOfPod(pod, { now: parts.clock.now(), ...options, booked: undefined });
    },
    async describe(remoteId, signal) {
      const pod = (await listed?.(signal))?.get(remoteId) ?? (await client.pods.find(remoteId, signal));
      return pod === null ? null : view(pod, signal);
    },
    lastBill: (remoteId, { from, to, signal }) => books.ofPod(remoteId, { from, to }, signal),
    terminate: async (remoteId, signal) => ((await client.pods.remove(remoteId, signal)) ? "terminated" : "unknown"),
    logs: (remoteId, { tail, signal }) => client.pods.logs(remoteId, { tail, ...(signal && { signal }) }),
    books: (between, signal) => books.entries(between, signal),
    volumes: createRunPodVolumes(client),
    close: async () => {},
  };
}

/**
 * Spot is bought on an API that is meant to end. What it refuses is refused of spot: the next offer is asked for, and machines on
 * demand say for themselves whether the request was wrong. Only want of money is the same everywhere.
 */
function notAsSpot(error: unknown, onSpotLost: RunPodParts["onSpotLost"]): unknown {
  if (!(error instanceof PermanentError) || error.code === PAYMENT_REQUIRED) return error;
  onSpotLost?.(error);
  return new PermanentError(error.message, { code: OFFER_FORBIDDEN, cause: error });
}

function podOf(request: MachineRequest, options: RunPodOptions): CreatePod {
  const { name, image, offer, env, command, diskBytes = DISK_BYTES, volume } = request;
  const marks = offer.interruptible ? { [SPOT_MARK]: "1" } : {};
  return {
    name,
    image,
    gpu: { id: offer.gpuType, count: 1 },
    cloud: offer.cloud ?? "SECURE",
    disk: Math.max(1, Math.ceil(diskBytes / GB)),
    ports: [`${options.agentPort}/http`],
    // The agent listens where the proxy looks for it, whatever its image's default is; and it knows where to delete its own pod when
    // nobody speaks to it any more.
    env: { RUNPOD_API_URL: options.url, ...env, AGENT_PORT: String(options.agentPort), ...marks },
    ...(offer.region === "" ? {} : { dataCenterIds: [offer.region] }),
    ...(command === undefined ? {} : { args: command }),
    ...(options.registryId === null ? {} : { registry: options.registryId }),
    ...(volume === undefined ? {} : { mounts: { network: [{ volumeId: volume.id, path: volume.path }] } }),
  };
}
