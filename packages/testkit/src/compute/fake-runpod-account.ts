import { answerGraphQl } from "./fake-runpod-graphql.ts";
import { NO_INSTANCES, problem } from "./fake-runpod-moves.ts";
import { billOfPod, type FakePod, viewOfPod } from "./fake-runpod-pods.ts";
import { billOfEndpoints, createFakeRunPodThings, type EndpointBill } from "./fake-runpod-things.ts";

export interface FakeGpu {
  readonly id: string;
  /** In GB. */
  readonly memory: number;
  readonly usd: { readonly secure: number; readonly community: number; readonly spot: number };
  readonly dataCenters: readonly { readonly id: string; readonly availability: "NONE" | "LOW" | "MEDIUM" | "HIGH" }[];
}

export const usualGpus: readonly FakeGpu[] = [
  {
    id: "NVIDIA GeForce RTX 4090",
    memory: 24,
    usd: { secure: 0.69, community: 0.34, spot: 0.2 },
    dataCenters: [
      { id: "US-KS-2", availability: "HIGH" },
      { id: "EU-RO-1", availability: "LOW" },
    ],
  },
  {
    id: "NVIDIA A40",
    memory: 48,
    usd: { secure: 0.44, community: 0, spot: 0 },
    dataCenters: [{ id: "US-KS-2", availability: "NONE" }],
  },
];

interface CreateBody {
  readonly name: string;
  readonly image: string;
  readonly gpu: { readonly id: string; readonly count?: number };
  readonly cloud?: "SECURE" | "COMMUNITY";
  readonly dataCenterIds?: readonly string[];
  readonly disk?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly mounts?: object;
  readonly args?: string;
  readonly registry?: string;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** All that one account has at RunPod, and what the vendor's operations do to it. */
export interface FakeRunPodAccount {
  readonly pods: readonly FakePod[];
  answer(route: string, id: string | undefined, query: URLSearchParams, body: unknown): Answer;
  graphql(body: unknown): object;
  preempt(id: string): void;
  vanish(id: string): void;
}

export function createFakeRunPodAccount(market: {
  readonly now: () => Date;
  readonly gpus: readonly FakeGpu[];
  readonly bootMs: number;
  readonly pageSize: number | undefined;
  readonly bucketMs: number | undefined;
  readonly booksBehindMs: number;
  readonly endpointBill: readonly EndpointBill[];
  /** Told of each pod that was rented, and of each that its owner or the vendor ended. */
  readonly onRent: (pod: FakePod) => void;
  readonly onEnd: (pod: FakePod) => void;
}): FakeRunPodAccount {
  const { now, gpus, bootMs, pageSize, bucketMs, booksBehindMs, endpointBill, onRent, onEnd } = market;
  const pods: FakePod[] = [];
  const things = createFakeRunPodThings();
  const view = (pod: FakePod) => viewOfPod(pod, now(), bootMs);
  const listed = () => pods.filter((pod) => pod.isListed);

  function rent(body: CreateBody, usdPerHour: number, isSpot: boolean): FakePod {
    const { name, image, args = "", disk = 20, env = {}, ports = [], mounts = {}, cloud = "SECURE" } = body;
    const { registry = null } = body;
    const gpu = { id: body.gpu.id, count: body.gpu.count ?? 1 };
    const pod: FakePod = {
      id: `pod${String(pods.length + 1).padStart(7, "0")}`,
      name,
      image,
      args,
      disk,
      env,
      ports,
      mounts,
      registry,
      gpu,
      cloud,
      dataCenterId: body.dataCenterIds?.[0] ?? null,
      usdPerHour,
      isSpot,
      createdAt: now(),
      stoppedAt: null,
      isListed: true,
    };
    pods.push(pod);
    onRent(pod);
    return pod;
  }

  function createPod(body: CreateBody): Answer {
    const gpu = gpus.find(({ id }) => id === body.gpu.id);
    if (gpu === undefined) return { status: 400, body: problem(400, `unknown GPU type ${body.gpu.id}`) };
    const [place] = body.dataCenterIds ?? [];
    const stock = gpu.dataCenters.find(({ id }) => id === place)?.availability ?? "HIGH";
    if (stock === "NONE") return { status: 400, body: problem(400, NO_INSTANCES) };
    const usd = body.cloud === "COMMUNITY" ? gpu.usd.community : gpu.usd.secure;
    return { status: 201, body: view(rent(body, usd, false)) };
  }

  function end(pod: FakePod): void {
    pod.stoppedAt ??= now();
    pod.isListed = false;
    onEnd(pod);
  }

  function listPods(query: URLSearchParams): Answer {
    if (pageSize === undefined) return { status: 200, body: { pods: listed().map(view) } };
    const from = Number(query.get("cursor") ?? 0);
    const page = listed().slice(from, from + pageSize);
    const hasNextPage = from + pageSize < listed().length;
    const pagination = { hasNextPage, nextCursor: hasNextPage ? String(from + pageSize) : null };
    return { status: 200, body: { pods: page.map(view), pagination } };
  }

  function listGpus(query: URLSearchParams): Answer {
    if ((query.get("include") === "AVAILABILITY") !== query.has("product")) {
      return { status: 400, body: problem(400, "product is required with include=AVAILABILITY, and only with it") };
    }
    const items = gpus.map(({ id, memory, usd, dataCenters }) => ({
      id,
      name: id.replace("NVIDIA ", ""),
      pool: null,
      manufacturer: "NVIDIA",
      memory,
      secure: usd.secure > 0,
      community: usd.community > 0,
      price: { secure: usd.secure, community: usd.community },
      maxCount: { secure: 8, community: 4 },
      availability: dataCenters[0]?.availability ?? "NONE",
      dataCenters: dataCenters.map((one) => ({ ...one, name: one.id })),
    }));
    return { status: 200, body: { gpus: items } };
  }

  function billing(query: URLSearchParams): Answer {
    const from = Date.parse(query.get("startTime") ?? "1970-01-01T00:00:00Z");
    const only = query.get("podId");
    const told = new Date(now().getTime() - booksBehindMs);
    const records = pods
      .filter(({ id }) => only === null || id === only)
      .flatMap((pod) => billOfPod(pod, told, bucketMs))
      .filter(({ endTime }) => Date.parse(endTime) > from);
    const sum = records.reduce((total, { totalAmount }) => total + totalAmount, 0);
    const totals = { totalAmount: sum, gpuAmount: sum, cpuAmount: 0, diskAmount: 0 };
    const range = { startTime: new Date(from).toISOString(), endTime: now().toISOString(), bucketSize: "hour" };
    const uniquePodCount = new Set(records.map(({ podId }) => podId)).size;
    return {
      status: 200,
      body: { records, metadata: { query: range, recordCount: records.length, uniquePodCount, totals } },
    };
  }

  function answer(route: string, id: string | undefined, query: URLSearchParams, body: unknown): Answer {
    const pod = listed().find((one) => one.id === id);
    const missing = { status: 404, body: problem(404, "not found") };
    switch (route) {
      case "GET /v2/pods":
        return listPods(query);
      case "POST /v2/pods":
        return createPod(body as CreateBody);
      case "GET /v2/pods/{id}":
        return pod === undefined ? missing : { status: 200, body: view(pod) };
      case "DELETE /v2/pods/{id}":
        if (pod === undefined) return missing;
        end(pod);
        return { status: 204 };
      case "GET /v2/catalog/gpus":
        return listGpus(query);
      case "GET /v2/billing/pods":
        return billing(query);
      case "GET /v2/billing/serverless":
        return { status: 200, body: billOfEndpoints(endpointBill, query.get("serverlessId")) };
      default:
        return things(route, id, body) ?? missing;
    }
  }

  function graphql(body: unknown): object {
    return answerGraphQl(body, {
      gpuTypes: (secure) =>
        gpus.map(({ id, memory, usd }) => ({
          id,
          memoryInGb: memory,
          lowestPrice: {
            minimumBidPrice: secure && usd.spot > 0 ? usd.spot : null,
            stockStatus: usd.spot > 0 ? "Low" : null,
          },
        })),
      rent({ name, imageName, gpuTypeId, bidPerGpu, env, cloudType, containerDiskInGb, ports, ...more }) {
        const pairs = Object.fromEntries(env.map(({ key, value }) => [key, value]));
        const cloud = cloudType === "ALL" ? "SECURE" : cloudType;
        const made = { name, image: imageName, gpu: { id: gpuTypeId }, env: pairs, cloud, disk: containerDiskInGb };
        const { containerRegistryAuthId: registry } = more;
        return rent({ ...made, ports: ports.split(","), ...(registry && { registry }) }, bidPerGpu, true).id;
      },
    });
  }

  const find = (id: string): FakePod => {
    const pod = pods.find((one) => one.id === id);
    if (pod === undefined) throw new Error(`there is no pod ${id}`);
    return pod;
  };
  return {
    pods,
    answer,
    graphql,
    preempt(id) {
      find(id).stoppedAt ??= now();
    },
    vanish: (id) => end(find(id)),
  };
}
