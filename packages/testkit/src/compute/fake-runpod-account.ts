import { answerCatalogue, type FakeGpu, spotPricesOf } from "./fake-runpod-catalogue.ts";
import { answerGraphQl, GraphQlRefusal } from "./fake-runpod-graphql.ts";
import { NO_INSTANCES, problem } from "./fake-runpod-moves.ts";
import { billOfPod, type FakePod, viewOfPod } from "./fake-runpod-pods.ts";
import { billOfEndpoints, createFakeRunPodThings, type EndpointBill } from "./fake-runpod-things.ts";

interface CreateBody {
  readonly name: string;
  readonly image: string;
  readonly gpu?: { readonly id: string; readonly count?: number };
  readonly cpu?: object;
  readonly cloud?: "SECURE" | "COMMUNITY";
  readonly dataCenterIds?: readonly string[];
  readonly disk?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly mounts?: { readonly network?: readonly { readonly volumeId: string; readonly path: string }[] };
  readonly args?: string;
  readonly registry?: string;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

interface Refusal {
  readonly status: number;
  readonly body: ReturnType<typeof problem>;
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
  readonly listBehindMs: number;
  readonly booksBehindMs: number;
  readonly endpointBill: readonly EndpointBill[];
  /** Told of each pod that was rented, and of each that its owner or the vendor ended. */
  readonly onRent: (pod: FakePod) => void;
  readonly onEnd: (pod: FakePod) => void;
}): FakeRunPodAccount {
  const { now, gpus, bootMs, pageSize, bucketMs, listBehindMs, booksBehindMs, endpointBill, onRent, onEnd } = market;
  const pods: FakePod[] = [];
  const things = createFakeRunPodThings();
  const view = (pod: FakePod) => viewOfPod(pod, now(), bootMs);
  const listed = () => pods.filter((pod) => pod.isListed);

  function rent(body: Omit<CreateBody, "cpu">, gpuId: string, usdPerHour: number, isSpot: boolean): FakePod {
    const { name, image, args = "", disk = 20, env = {}, ports = [], mounts = {}, cloud = "SECURE" } = body;
    const { registry = null } = body;
    const gpu = { id: gpuId, count: body.gpu?.count ?? 1 };
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

  /** What the vendor checks beyond its document: why a pod cannot be placed, and where it goes if it can. */
  function place(body: CreateBody): { readonly refused: Refusal } | { readonly region: string | null } {
    const refuse = (status: number, detail: string) => ({ refused: { status, body: problem(status, detail) } });
    if ((body.gpu === undefined) === (body.cpu === undefined))
      return refuse(400, "exactly one of gpu and cpu is required");
    const wanted = body.dataCenterIds ?? [];
    const [mount] = body.mounts?.network ?? [];
    if (mount === undefined) return { region: wanted[0] ?? null };
    const region = regionOf(mount.volumeId);
    if (region === null) return refuse(404, `network volume ${mount.volumeId} not found`);
    if (wanted.length > 0 && !wanted.includes(region)) {
      return refuse(400, `network volume ${mount.volumeId} is in ${region}, which is not one of dataCenterIds`);
    }
    return { region };
  }

  /** Null where there is no such volume. */
  function regionOf(volume: string): string | null {
    const found = things("GET /v2/network-volumes/{id}", volume, undefined)?.body;
    return (found as { readonly dataCenter: string } | undefined)?.dataCenter ?? null;
  }

  function createPod(body: CreateBody): Answer {
    const placed = place(body);
    if ("refused" in placed) return placed.refused;
    const gpu = gpus.find(({ id }) => id === body.gpu?.id);
    if (gpu === undefined) return { status: 400, body: problem(400, `unknown GPU type ${body.gpu?.id}`) };
    const { region } = placed;
    const stock = gpu.dataCenters.find(({ id }) => id === region)?.availability ?? "HIGH";
    if (stock === "NONE") return { status: 400, body: problem(400, NO_INSTANCES) };
    const usd = body.cloud === "COMMUNITY" ? gpu.usd.community : gpu.usd.secure;
    const dataCenterIds = region === null ? [] : [region];
    return { status: 201, body: view(rent({ ...body, dataCenterIds }, gpu.id, usd, false)) };
  }

  function change(pod: FakePod, { mounts: _, ...body }: Partial<FakePod>): Answer {
    Object.assign(pod, body);
    return { status: 200, body: view(pod) };
  }

  /** A pod that was stopped has lost its machine: it is not started here. */
  function act(pod: FakePod, action: string): Answer {
    const { actions } = view(pod);
    if (!actions.includes(action)) return { status: 409, body: problem(409, `${action} is not allowed now`) };
    if (action === "terminate") {
      end(pod);
      return { status: 204 };
    }
    if (action === "stop") pod.stoppedAt ??= now();
    return { status: 200, body: view(pod) };
  }

  function end(pod: FakePod): void {
    pod.stoppedAt ??= now();
    pod.isListed = false;
    onEnd(pod);
  }

  function listPods(query: URLSearchParams): Answer {
    const seen = listed().filter(({ createdAt }) => createdAt.getTime() + listBehindMs <= now().getTime());
    if (pageSize === undefined) return { status: 200, body: { pods: seen.map(view) } };
    const from = Number(query.get("cursor") ?? 0);
    const page = seen.slice(from, from + pageSize);
    const hasNextPage = from + pageSize < seen.length;
    const pagination = { hasNextPage, nextCursor: hasNextPage ? String(from + pageSize) : null };
    return { status: 200, body: { pods: page.map(view), pagination } };
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
      case "PATCH /v2/pods/{id}":
        return pod === undefined ? missing : change(pod, body as Partial<FakePod>);
      case "POST /v2/pods/{id}/action":
        return pod === undefined ? missing : act(pod, (body as { readonly action: string }).action);
      case "GET /v2/billing/pods":
        return billing(query);
      case "GET /v2/billing/serverless":
        return { status: 200, body: billOfEndpoints(endpointBill, query.get("serverlessId")) };
      default:
        return answerCatalogue(gpus, route, id, query) ?? things(route, id, body) ?? missing;
    }
  }

  function graphql(body: unknown): object {
    return answerGraphQl(body, {
      gpuTypes: (secure, places) => gpus.map((gpu) => spotPricesOf(gpu, secure, places)),
      rent({ name, imageName, gpuTypeId, bidPerGpu, env, cloudType, containerDiskInGb, ports, ...more }) {
        const pairs = Object.fromEntries(env.map(({ key, value }) => [key, value]));
        const cloud = cloudType === "ALL" ? "SECURE" : cloudType;
        const made = { name, image: imageName, gpu: { id: gpuTypeId }, env: pairs, cloud, disk: containerDiskInGb };
        const { containerRegistryAuthId: registry, dataCenterId, networkVolumeId: volumeId, volumeMountPath } = more;
        const body = {
          ...{ ...made, ports: ports.split(",") },
          ...(registry && { registry }),
          ...(dataCenterId && { dataCenterIds: [dataCenterId] }),
          ...(volumeId && { mounts: { network: [{ volumeId, path: volumeMountPath ?? "" }] } }),
        };
        const placed = place(body);
        if ("refused" in placed) throw new GraphQlRefusal(placed.refused.body.detail);
        return rent(body, gpuTypeId, bidPerGpu, true).id;
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
