import { type FleetProvider, type MachineRequest, type Pod, podToken, UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";

/** What is asked of a provider for one machine, whichever offer it comes from. */
export function machineRequest(
  { name }: Pick<Pod, "name">,
  options: Pick<ProvisionerOptions, "agentSecret" | "agentEnv" | "image" | "command" | "diskBytes" | "leaseMs">,
): Omit<MachineRequest, "offer" | "volume" | "signal"> {
  const { agentSecret, agentEnv, image, command, diskBytes, leaseMs } = options;
  if (agentSecret === null) {
    throw new UserError("FLEET_AGENT_SECRET is not set: nobody could speak to a machine", { code: "bad-config" });
  }
  const env = {
    AGENT_HOST: "0.0.0.0",
    // Its agent gives the machine back by itself when everybody who could do it is gone.
    AGENT_MACHINE_LEASE_SECONDS: String(leaseMs / 1_000),
    ...agentEnv,
    AGENT_TOKEN: podToken(agentSecret, name),
  };
  return { name, image, env, diskBytes, ...(command === null ? {} : { command }) };
}

/** The provider, with the network volume of its region attached to each machine that is created there. */
export function withVolumes(provider: FleetProvider, volumes: ProvisionerOptions["volumes"]): FleetProvider {
  return {
    ...provider,
    create: (request) => {
      const found = volumes.find(({ region }) => region === request.offer.region);
      if (found === undefined || provider.volumes === null) return provider.create(request);
      return provider.create({ ...request, volume: { id: found.id, path: found.path } });
    },
  };
}
