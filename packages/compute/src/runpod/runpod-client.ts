import type { z } from "zod";
import type { Connection } from "./ask-runpod.ts";
import type {
  Between,
  ChangePod,
  CreateEndpoint,
  CreatePod,
  CreateRegistry,
  CreateTemplate,
  EndpointScale,
} from "./runpod-requests.ts";
import { openRunPodRest } from "./runpod-rest.ts";
import {
  BillingRecord,
  DataCentre,
  Endpoint,
  EndpointRecord,
  GpuType,
  Pod,
  PodRecord,
  Registry,
  Release,
  Template,
  Volume,
  VolumeRecord,
  Worker,
} from "./runpod-schemas.ts";

const STOCK = "include=AVAILABILITY&product=POD";

export type RunPodClient = ReturnType<typeof createRunPodClient>;

/**
 * RunPod's REST API, version 2, without what no fleet of ours can need (the package's README says what, and why). What is not there
 * is `null` or `false`; the rest is thrown.
 */
export function createRunPodClient(baseUrl: string, connection: Connection) {
  const { at, list, one, create, find, log } = openRunPodRest(baseUrl, connection);
  const pod = one("pods", Pod);
  const volume = one("network-volumes", Volume);
  const template = one("templates", Template);
  const endpoint = one("serverless", Endpoint);
  const registry = one("registries", Registry);

  /** By the hour. */
  function billing<T>(
    path: readonly string[],
    record: z.ZodType<T>,
    { from, to }: Between,
    signal?: AbortSignal,
    only: Readonly<Record<string, string>> = {},
  ) {
    const between = { startTime: from.toISOString(), endTime: to.toISOString(), bucketSize: "hour" };
    const query = new URLSearchParams({ ...between, ...only });
    return list(`${at("billing", ...path)}?${query}`, "records", record, signal);
  }

  return {
    pods: {
      list: (signal?: AbortSignal) => list(at("pods"), "pods", Pod, signal),
      find: pod.find,
      create: (body: CreatePod, signal?: AbortSignal) => create(at("pods"), Pod, body, signal),
      change: (id: string, body: ChangePod, signal?: AbortSignal) => pod.change(id, body, signal),
      /** Sent once, as everything that begins something; PermanentError `request-refused` where its state does not allow it. */
      act: (id: string, action: "start" | "stop" | "restart" | "terminate", signal?: AbortSignal) =>
        create(at("pods", id, "action"), Pod.nullable(), { action }, signal),
      remove: pod.remove,
      logs: (id: string, options: { tail: number; signal?: AbortSignal }) => log(at("pods", id, "logs"), options),
    },
    gpus: {
      /** With the stock for one GPU of a pod in this cloud, by data centre. One that cannot be read is no offer. */
      list: async (cloud: string, signal?: AbortSignal) => {
        const lenient = GpuType.nullable().catch(null);
        const url = `${at("catalog", "gpus")}?${STOCK}&cloud=${cloud}`;
        return (await list(url, "gpus", lenient, signal)).filter((gpu) => gpu !== null);
      },
      find: (id: string, signal?: AbortSignal) => find(`${at("catalog", "gpus", id)}?${STOCK}`, GpuType, signal),
    },
    dataCentres: {
      list: (signal?: AbortSignal) => list(at("catalog", "datacenters"), "dataCenters", DataCentre, signal),
      find: (id: string, signal?: AbortSignal) => find(at("catalog", "datacenters", id), DataCentre, signal),
    },
    volumes: {
      list: (signal?: AbortSignal) => list(at("network-volumes"), "networkVolumes", Volume, signal),
      find: volume.find,
      create: (body: { name: string; size: number; dataCenter: string }, signal?: AbortSignal) =>
        create(at("network-volumes"), Volume, body, signal),
      grow: (id: string, size: number, signal?: AbortSignal) => volume.change(id, { size }, signal),
      remove: volume.remove,
    },
    templates: {
      list: (signal?: AbortSignal) => list(at("templates"), "templates", Template, signal),
      find: template.find,
      create: (body: CreateTemplate, signal?: AbortSignal) => create(at("templates"), Template, body, signal),
      change: (id: string, body: Partial<CreateTemplate>, signal?: AbortSignal) => template.change(id, body, signal),
      remove: template.remove,
    },
    /** Credentials that images are pulled with, such as `RUNPOD_REGISTRY_ID` names. They cannot be changed. */
    registries: {
      list: (signal?: AbortSignal) => list(at("registries"), "registries", Registry, signal),
      find: registry.find,
      create: (body: CreateRegistry, signal?: AbortSignal) => create(at("registries"), Registry, body, signal),
      remove: registry.remove,
    },
    endpoints: {
      list: (signal?: AbortSignal) => list(at("serverless"), "endpoints", Endpoint, signal),
      find: endpoint.find,
      create: (body: CreateEndpoint, signal?: AbortSignal) => create(at("serverless"), Endpoint, body, signal),
      scale: (id: string, workers: EndpointScale, signal?: AbortSignal) => endpoint.change(id, { workers }, signal),
      remove: endpoint.remove,
      workers: (id: string, signal?: AbortSignal) => list(at("serverless", id, "workers"), "workers", Worker, signal),
      releases: (id: string, signal?: AbortSignal) =>
        list(at("serverless", id, "releases"), "releases", Release, signal),
      logs: (id: string, worker: string, options: { tail: number; signal?: AbortSignal }) =>
        log(at("serverless", id, "workers", worker, "logs"), options),
    },
    billing: {
      /** Of the whole account. */
      all: (between: Between, signal?: AbortSignal) => billing([], BillingRecord, between, signal),
      /** Of all pods, or of one. */
      pods: ({ podId, ...between }: Between & { readonly podId?: string }, signal?: AbortSignal) =>
        billing(["pods"], PodRecord, between, signal, podId === undefined ? {} : { podId }),
      volumes: (between: Between, signal?: AbortSignal) => billing(["network-volumes"], VolumeRecord, between, signal),
      /** Of one endpoint. */
      endpoint: (serverlessId: string, between: Between, signal?: AbortSignal) =>
        billing(["serverless"], EndpointRecord, between, signal, { serverlessId }),
    },
  };
}
