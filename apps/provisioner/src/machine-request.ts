import { join } from "node:path/posix";
import type { VolumeOptions } from "@loramill/compute";
import { type FleetProvider, type MachineRequest, type Pod, podToken, UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";

const GIB = 1024 ** 3;
/** On the machine's own disk, where the agent may write whoever it runs as. */
const OWN_WORKSPACE = "/tmp/loramill-agent";

/** What is asked of a provider for one machine, whichever offer it comes from. */
export function machineRequest(
  { name, candidates }: Pick<Pod, "name" | "candidates">,
  options: Pick<ProvisionerOptions, "agentSecret" | "agentEnv" | "images" | "command" | "diskBytes" | "leaseMs">,
): Omit<MachineRequest, "offer" | "volume" | "signal"> {
  const { agentSecret, agentEnv, command, diskBytes, leaseMs, images } = options;
  if (agentSecret === null) {
    throw new UserError("FLEET_AGENT_SECRET is not set: nobody could speak to a machine", { code: "bad-config" });
  }
  const env = {
    AGENT_HOST: "0.0.0.0",
    // Its agent gives the machine back by itself when everybody who could do it is gone.
    AGENT_MACHINE_LEASE_SECONDS: String(leaseMs / 1_000),
    ...agentEnv,
    ...{ AGENT_TOKEN: podToken(agentSecret, name), AGENT_SLOTS: "1" }, // One training: each takes its part of the whole bill.
  };
  // The plan has chosen one for its trainings. Own servers run what they run; only there is none named.
  const { image = "" } = candidates[0]?.images?.[0] ?? images[0] ?? {};
  return { name, image, env, diskBytes, ...(command === null ? {} : { command }) };
}

/**
 * The provider, with the network volume of its region attached to each machine that is created there. All machines on a volume
 * share the cache that sync fills, and none its workspace: two agents with one would take it for their own.
 */
export function withVolumes(
  provider: FleetProvider,
  volumes: ProvisionerOptions["volumes"],
  cache: Pick<VolumeOptions, "folder" | "maxBytes">,
): FleetProvider {
  return {
    ...provider,
    create: (request) => {
      const found = volumes.find(({ region }) => region === request.offer.region);
      if (found === undefined || provider.volumes === null) return provider.create(request);
      const env = {
        AGENT_WORKSPACE: OWN_WORKSPACE,
        AGENT_CACHE_DIR: join(found.path, cache.folder),
        AGENT_CACHE_MAX_GIB: String(cache.maxBytes / GIB),
        ...request.env,
      };
      return provider.create({ ...request, env, volume: { id: found.id, path: found.path } });
    },
  };
}
