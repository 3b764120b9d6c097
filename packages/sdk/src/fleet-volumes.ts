import { type CreateVolume, VolumeList, VolumeView } from "@loramill/contracts";
import type { Caller } from "./caller.ts";

/** `/v1/fleet/volumes`: network volumes at the provider. For operators. */
export function volumeCalls({ call }: Pick<Caller, "call">) {
  const at = (path = "") => `/v1/fleet/volumes${path}`;
  return {
    list: (signal?: AbortSignal) => call({ path: at(), answer: VolumeList, signal }),
    /** One of the same name and region is taken instead of a second one. */
    create: (body: CreateVolume) => call({ method: "POST", path: at(), body, answer: VolumeView }),
    grow: (id: string, gigabytes: number) =>
      call({ method: "POST", path: at(`/${encodeURIComponent(id)}/grow`), body: { gigabytes }, answer: VolumeView }),
    /** With all that is on it. */
    remove: (id: string) => call({ method: "DELETE", path: at(`/${encodeURIComponent(id)}`), answer: VolumeView }),
  };
}
