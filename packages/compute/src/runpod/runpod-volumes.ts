import { type NetworkVolume, type NetworkVolumes, UserError } from "@loramill/contracts";
import type { RunPodClient } from "./runpod-client.ts";

const GB = 1_000_000_000;
const MIN_GB = 10;
const MAX_GB = 4096;

interface RunPodVolume {
  readonly id: string;
  readonly name: string;
  /** In GB. */
  readonly size: number;
  readonly dataCenter: string;
}

const view = ({ id, name, size, dataCenter }: RunPodVolume): NetworkVolume => ({
  id,
  name,
  region: dataCenter,
  bytes: size * GB,
});

/** RunPod's network volumes, in whole gigabytes; a volume of the same name and region is taken instead of a second one. */
export function createRunPodVolumes(client: RunPodClient): NetworkVolumes {
  return {
    list: async (signal) => (await client.volumes.list(signal)).map(view),
    async create({ name, region, bytes, signal }) {
      const size = sizeOf(bytes);
      const found = (await client.volumes.list(signal)).find((one) => one.name === name && one.dataCenter === region);
      return view(found ?? (await client.volumes.create({ name, size, dataCenter: region }, signal)));
    },
    async grow(id, bytes, signal) {
      const size = sizeOf(bytes);
      const before = await client.volumes.find(id, signal);
      if (before === null) throw new UserError(`RunPod knows no volume ${id}`, { code: "not-found" });
      if (size < before.size) {
        throw new UserError(`A volume of ${before.size} GB cannot shrink to ${size}`, { code: "volume-cannot-shrink" });
      }
      return view(size === before.size ? before : await client.volumes.grow(id, size, signal));
    },
    remove: async (id, signal) => ((await client.volumes.remove(id, signal)) ? "removed" : "unknown"),
  };
}

function sizeOf(bytes: number): number {
  const size = Math.max(MIN_GB, Math.ceil(bytes / GB));
  if (size <= MAX_GB) return size;
  throw new UserError(`RunPod's volumes have at most ${MAX_GB} GB, not ${size}`, { code: "volume-too-large" });
}
