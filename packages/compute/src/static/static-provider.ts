import { randomUUID } from "node:crypto";
import {
  type Clock,
  type FleetMachine,
  type FleetProvider,
  type MachineOffer,
  microUsdFromUsd,
  NO_CAPACITY,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { fetch as undiciFetch } from "undici";
import { z } from "zod";
import { billSeconds, secondsBetween } from "../bill-seconds.ts";
import { openLeaseFolder, type ServerLease } from "./lease-folder.ts";
import type { StaticOptions, StaticServer } from "./static-config.ts";

export interface StaticParts {
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
}

/** Of what a pod-agent says of itself. */
const Health = z.object({ trainers: z.array(z.string()).max(16) });

interface LivingServer extends StaticServer {
  readonly trainers: readonly string[];
}

/** An agent that takes longer to say that it lives is taken for one that does not. */
const HEALTH_MS = 5_000;
/** For so long machines that are gone are listed. */
const TOLD_MS = 48 * 3_600_000;

/**
 * Servers that one owns. To create is to take a free one, to terminate is to give it back: the server goes on running, and its
 * pod-agent with it. What is to run on it is there already, so that image, command and disk of a request mean nothing here.
 */
export function createStaticProvider(options: StaticOptions, parts: StaticParts): FleetProvider {
  const { servers, token } = options;
  const { clock, fetch = undiciFetch } = parts;
  const folder = openLeaseFolder(options.leasesDir);

  /** What the agent of a server can train with, none where it does not tell; null while it does not answer. */
  async function ask(server: StaticServer, signal?: AbortSignal): Promise<LivingServer | null> {
    const timeout = AbortSignal.timeout(HEALTH_MS);
    try {
      const response = await fetch(`${server.url}/v1/health`, {
        headers: { authorization: `Bearer ${token}` },
        redirect: "manual",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        return null;
      }
      const told = Health.safeParse(await response.json().catch(() => null));
      return { ...server, trainers: told.data?.trainers ?? [] };
    } catch {
      // Whatever keeps it from answering, it cannot be given out now.
      signal?.throwIfAborted();
      return null;
    }
  }

  async function living(signal?: AbortSignal): Promise<LivingServer[]> {
    const answered = await Promise.all(servers.map((server) => ask(server, signal)));
    return answered.filter((server) => server !== null);
  }

  async function free(signal?: AbortSignal): Promise<LivingServer[]> {
    const held = new Set((await folder.held()).map(({ server }) => server));
    return (await living(signal)).filter(({ name }) => !held.has(name));
  }

  const seen = (lease: ServerLease) => viewOf(lease, serverOf(lease, servers), clock.now());

  /** Those that last, and those that ended since. */
  async function leases(since: Date, signal?: AbortSignal): Promise<FleetMachine[]> {
    signal?.throwIfAborted();
    const held = await folder.held();
    const ids = new Set(held.map(({ remoteId }) => remoteId));
    // A crash may have left one in both: it lasts until it is given back again.
    const ended = (await folder.ended(since)).filter(({ remoteId }) => !ids.has(remoteId));
    return [...held, ...ended].map(seen);
  }

  async function find(remoteId: string, signal?: AbortSignal): Promise<FleetMachine | null> {
    signal?.throwIfAborted();
    const lease = await folder.find(remoteId);
    return lease === null ? null : seen(lease);
  }

  return {
    name: "static",
    async isAvailable(signal) {
      const { length } = await living(signal);
      if (servers.length === 0) return { available: false, message: "no own servers are set: look at STATIC_MACHINES" };
      return { available: length > 0, message: `${length} of ${servers.length} own servers answer` };
    },
    offers: async (signal) => (await free(signal)).map(offerOf),
    machines: (signal) => leases(new Date(clock.now().getTime() - TOLD_MS), signal),
    async create({ name, offer, volume, signal }) {
      signal?.throwIfAborted();
      if (volume !== undefined) throw new UserError("own servers have no network volumes", { code: "no-volumes" });
      for (const server of (await free(signal)).filter((one) => isSame(offerOf(one), offer))) {
        const lease = { remoteId: `static-${randomUUID()}`, server: server.name, name, from: clock.now(), to: null };
        if (await folder.take(lease)) return viewOf(lease, server, clock.now());
      }
      throw new TransientError(`no own server with ${offer.gpuType} is free`, { code: NO_CAPACITY });
    },
    describe: find,
    lastBill: async (remoteId, { signal }) => (await find(remoteId, signal))?.bill ?? null,
    async terminate(remoteId, signal) {
      signal?.throwIfAborted();
      return (await folder.giveBack(remoteId, clock.now())) ? "terminated" : "unknown";
    },
    logs: null,
    async books({ from, to }, signal) {
      const within = (await leases(from, signal)).filter((one) => one.createdAt < to);
      return within.flatMap(({ remoteId, createdAt, bill }) => {
        const end = new Date(createdAt.getTime() + bill.seconds * 1_000);
        if (end <= from) return [];
        return [{ kind: "machine" as const, remoteId, from: createdAt, to: end, amountMicroUsd: bill.amountMicroUsd }];
      });
    },
    volumes: null,
    close: async () => {},
  };
}

const offerOf = (server: LivingServer): MachineOffer => ({
  gpuType: server.gpu,
  region: server.name,
  vramBytes: server.vramGb * 1024 ** 3,
  pricePerHourMicroUsd: microUsdFromUsd(server.usdPerHour),
  interruptible: false,
  available: 1,
  ...(server.trainers.length === 0 ? {} : { images: [{ image: "", trainers: server.trainers }] }),
});

const isSame = (a: MachineOffer, b: MachineOffer): boolean => a.gpuType === b.gpuType && a.region === b.region;

/** Undefined for one that has been taken out of the configuration while it was given out. */
const serverOf = ({ server }: ServerLease, servers: readonly StaticServer[]): StaticServer | undefined =>
  servers.find(({ name }) => name === server);

function viewOf(lease: ServerLease, server: StaticServer | undefined, now: Date): FleetMachine {
  const isGone = lease.to !== null;
  const seconds = secondsBetween(lease.from, lease.to ?? now);
  const pricePerHourMicroUsd = microUsdFromUsd(server?.usdPerHour ?? 0);
  return {
    remoteId: lease.remoteId,
    name: lease.name,
    state: isGone ? "gone" : server === undefined ? "stopping" : "running",
    pricePerHourMicroUsd,
    address: isGone ? null : (server?.url ?? null),
    bill: { seconds, amountMicroUsd: billSeconds(seconds, pricePerHourMicroUsd), isFinal: isGone },
    gpuType: server?.gpu ?? "",
    region: lease.server,
    interruptible: false,
    createdAt: lease.from,
  };
}
