import { PermanentError, TransientError } from "@loramill/contracts";
import { z } from "zod";
import { type Connection, connectRunPod, type RunPod } from "./ask-runpod.ts";
import { readLogLines } from "./read-log-lines.ts";
import type { CreateEndpoint, CreatePod, CreateTemplate, EndpointScale } from "./runpod-requests.ts";
import {
  Endpoint,
  EndpointRecord,
  GpuType,
  NextPage,
  Pod,
  PodRecord,
  Template,
  Volume,
  VolumeRecord,
} from "./runpod-schemas.ts";

/** More pages than this is a list that never ends. */
const MAX_PAGES = 1_000;
/** For how long a log is waited for: whoever asks for one has something else to do, and a pod that wrote nothing may be silent. */
const LOG_MS = 10_000;
const none = z.unknown();

export type RunPodClient = ReturnType<typeof createRunPodClient>;

/** RunPod's REST API, version 2, as far as a fleet needs it. What is not there is `null` or `false`; the rest is thrown. */
export function createRunPodClient(baseUrl: string, connection: Connection) {
  const runpod: RunPod = connectRunPod(connection);
  const at = (...path: string[]) => [baseUrl, ...path.map(encodeURIComponent)].join("/");

  async function list<T>(url: string, key: string, item: z.ZodType<T>, signal?: AbortSignal): Promise<T[]> {
    const page = z.looseObject({ [key]: z.array(item) });
    const items: T[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const next = new URL(url);
      if (cursor !== null) next.searchParams.set("cursor", cursor);
      const answer: Record<string, unknown> = await runpod.ask({ url: next.href, signal }, page);
      items.push(...(answer[key] as T[]));
      cursor = NextPage.parse(answer);
      if (cursor === null) return items;
    }
    throw new PermanentError(`RunPod's list of ${key} does not end`, { code: "bad-answer" });
  }

  /** One thing by its id: to look at, to change, to delete. */
  function one<T>(kind: string, item: z.ZodType<T>) {
    return {
      find: (id: string, signal?: AbortSignal) => orElse(null, runpod.ask({ url: at(kind, id), signal }, item)),
      change: (id: string, body: object, signal?: AbortSignal) =>
        runpod.ask({ method: "PATCH", url: at(kind, id), body, signal }, item),
      /** False when there was none. */
      remove: (id: string, signal?: AbortSignal) =>
        orElse(
          false,
          runpod.ask({ method: "DELETE", url: at(kind, id), signal }, none).then(() => true),
        ),
    };
  }

  /** Sent once: a lost answer leaves it open whether it was carried out. */
  const create = <T>(kind: string, item: z.ZodType<T>, body: object, signal?: AbortSignal) =>
    runpod.ask({ method: "POST", url: at(kind), body, signal }, item);

  function billing<T>(
    kind: string,
    record: z.ZodType<T>,
    { from, to }: { from: Date; to: Date },
    signal?: AbortSignal,
    only: Readonly<Record<string, string>> = {},
  ) {
    const between = { startTime: from.toISOString(), endTime: to.toISOString(), bucketSize: "hour" };
    const query = new URLSearchParams({ ...between, ...only });
    return list(`${at("billing", kind)}?${query}`, "records", record, signal);
  }

  const pod = one("pods", Pod);
  const volume = one("network-volumes", Volume);
  const template = one("templates", Template);
  const endpoint = one("serverless", Endpoint);
  return {
    pods: {
      list: (signal?: AbortSignal) => list(at("pods"), "pods", Pod, signal),
      find: pod.find,
      create: (body: CreatePod, signal?: AbortSignal) => create("pods", Pod, body, signal),
      remove: pod.remove,
      /** What a pod wrote last. The stream itself does not end: it is left after a second without a line. */
      async logs(id: string, { tail, signal }: { tail: number; signal?: AbortSignal }) {
        const timeoutMs = Math.min(LOG_MS, connection.timeoutMs);
        const timeout = AbortSignal.timeout(timeoutMs);
        try {
          return await readLogLines(
            (until) => runpod.open({ url: `${at("pods", id, "logs")}?source=container&tail=${tail}`, signal: until }),
            { tail, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) },
          );
        } catch (error) {
          signal?.throwIfAborted();
          if (!timeout.aborted) throw error;
          const message = `RunPod sent no log of a pod within ${timeoutMs} ms`;
          throw new TransientError(message, { code: "provider-timeout", cause: error });
        }
      },
    },
    gpus: {
      /** With the stock for one GPU of a pod in this cloud, by data centre. */
      list: (cloud: string, signal?: AbortSignal) =>
        list(`${at("catalog", "gpus")}?include=AVAILABILITY&product=POD&cloud=${cloud}`, "gpus", GpuType, signal),
    },
    volumes: {
      list: (signal?: AbortSignal) => list(at("network-volumes"), "networkVolumes", Volume, signal),
      find: volume.find,
      create: (body: { name: string; size: number; dataCenter: string }, signal?: AbortSignal) =>
        create("network-volumes", Volume, body, signal),
      grow: (id: string, size: number, signal?: AbortSignal) => volume.change(id, { size }, signal),
      remove: volume.remove,
    },
    templates: {
      list: (signal?: AbortSignal) => list(at("templates"), "templates", Template, signal),
      find: template.find,
      create: (body: CreateTemplate, signal?: AbortSignal) => create("templates", Template, body, signal),
      change: (id: string, body: Partial<CreateTemplate>, signal?: AbortSignal) => template.change(id, body, signal),
      remove: template.remove,
    },
    endpoints: {
      list: (signal?: AbortSignal) => list(at("serverless"), "endpoints", Endpoint, signal),
      find: endpoint.find,
      create: (body: CreateEndpoint, signal?: AbortSignal) => create("serverless", Endpoint, body, signal),
      scale: (id: string, workers: EndpointScale, signal?: AbortSignal) => endpoint.change(id, { workers }, signal),
      remove: endpoint.remove,
    },
    billing: {
      /** Of all pods, or of one. */
      pods: ({ podId, ...between }: { from: Date; to: Date; podId?: string }, signal?: AbortSignal) =>
        billing("pods", PodRecord, between, signal, podId === undefined ? {} : { podId }),
      volumes: (between: { from: Date; to: Date }, signal?: AbortSignal) =>
        billing("network-volumes", VolumeRecord, between, signal),
      /** Of one endpoint. */
      endpoint: (serverlessId: string, between: { from: Date; to: Date }, signal?: AbortSignal) =>
        billing("serverless", EndpointRecord, between, signal, { serverlessId }),
    },
  };
}

async function orElse<T, E>(missing: E, answer: Promise<T>): Promise<T | E> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof PermanentError && error.code === "not-found") return missing;
    throw error;
  }
}
