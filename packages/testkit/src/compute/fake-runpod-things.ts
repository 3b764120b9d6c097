type Fields = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

interface Kind {
  readonly list: string;
  readonly prefix: string;
  /** What the vendor fills in. */
  readonly usual: Fields;
  /** What it takes and never tells. */
  readonly hidden?: readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  "network-volumes": { list: "networkVolumes", prefix: "vol", usual: { type: "STANDARD" } },
  templates: {
    list: "templates",
    prefix: "tpl",
    usual: {
      args: "",
      disk: 20,
      mounts: {},
      ports: [],
      env: {},
      registry: null,
      serverless: false,
      public: false,
      category: "NVIDIA",
      startSsh: true,
      startJupyter: true,
      allowedCudaVersions: [],
    },
  },
  registries: { list: "registries", prefix: "reg", usual: {}, hidden: ["username", "password"] },
  serverless: {
    list: "endpoints",
    prefix: "ep",
    usual: {
      dataCenterIds: [],
      networkVolumes: [],
      timeout: 300_000,
      flashboot: "OFF",
      env: {},
      createdAt: "2026-01-01T00:00:00Z",
      workers: { min: 0, max: 3, idleTimeout: 10 },
    },
  },
};

/** Volumes, templates and endpoints: created, listed, changed and deleted, all in the same way. */
export function createFakeRunPodThings(): (route: string, id: string | undefined, body: unknown) => Answer | null {
  const things = new Map<string, { readonly kind: string; readonly fields: Fields }>();
  let made = 0;

  return (route, id, body) => {
    const [method, path = ""] = route.split(" ");
    const name = path.split("/")[2] ?? "";
    if (route === "GET /v2/billing/network-volumes") return { status: 200, body: emptyBill };
    if (route === "GET /v2/billing") return { status: 200, body: emptyAccountBill };
    const kind = KINDS[name];
    if (kind === undefined) return null;
    const all = [...things.values()].filter((one) => one.kind === name).map(({ fields }) => fields);
    if (id === undefined && method === "GET") return { status: 200, body: { [kind.list]: all } };
    if (id === undefined) {
      made += 1;
      const told = Object.entries(body as Fields).filter(([field]) => !kind.hidden?.includes(field));
      const fields = complete(name, { ...kind.usual, ...Object.fromEntries(told), id: `${kind.prefix}${made}` });
      things.set(`${kind.prefix}${made}`, { kind: name, fields });
      return { status: 201, body: fields };
    }
    const found = things.get(id);
    if (found === undefined || found.kind !== name) return null;
    if (path.endsWith("/workers")) return { status: 200, body: { workers: WORKERS, summary: SUMMARY } };
    if (path.endsWith("/releases")) return { status: 200, body: { releases: RELEASES, rollout: ROLLOUT } };
    if (method === "GET") return { status: 200, body: found.fields };
    if (method === "DELETE") {
      things.delete(id);
      return { status: 204 };
    }
    const fields = { ...found.fields, ...(body as Fields) };
    things.set(id, { kind: name, fields });
    return { status: 200, body: fields };
  };
}

/** Of every endpoint. */
const WORKERS = [{ id: "worker1", status: "IDLE", gpuCount: 1, isStale: false }];
const SUMMARY = { running: 0, idle: 1, initializing: 0, throttled: 0, unhealthy: 0, total: 1 };
const RELEASES = [{ id: "rel1", source: "MANUAL", createdAt: "2026-01-01T00:00:00Z", workerCount: 1, diff: [] }];
const ROLLOUT = { inProgress: false, workersOnLatest: 1, workersTotal: 1, percentOnLatest: 100 };

const RANGE = { startTime: "1970-01-01T00:00:00Z", endTime: "1970-01-01T00:00:00Z" };
const NOTHING = { totalAmount: 0, standardAmount: 0, highPerformanceAmount: 0 };
const emptyBill = {
  records: [],
  metadata: { query: { ...RANGE, bucketSize: "hour" }, recordCount: 0, uniqueNetworkVolumeCount: 0, totals: NOTHING },
};

const PARTS = [
  ...["podGpu", "podCpu", "podDisk", "serverlessGpu", "serverlessCpu", "serverlessDisk", "serverlessFee"],
  ...["storageStandard", "storageHighPerformance", "endpoint", "clusterGpu", "clusterDisk", "clusterNetworking"],
];
const emptyAccountBill = {
  records: [],
  metadata: {
    query: { ...RANGE, bucketSize: "hour" },
    recordCount: 0,
    totals: { totalAmount: 0, ...Object.fromEntries(PARTS.map((part) => [`${part}Amount`, 0])) },
  },
};

/** An endpoint's data plane has addresses of its own. */
function complete(name: string, fields: Fields): Fields {
  if (name !== "serverless") return fields;
  const base = `https://api.runpod.ai/v2/${fields.id}`;
  const urls = { run: "run", runSync: "runsync", status: "status", stream: "stream", cancel: "cancel", retry: "retry" };
  const requestUrls = Object.fromEntries(Object.entries(urls).map(([key, path]) => [key, `${base}/${path}`]));
  const gpu = { count: 1, ...(fields.gpu as object), allowedCudaVersions: [], minCudaVersion: null };
  return {
    ...fields,
    gpu,
    requestUrls: { ...requestUrls, purgeQueue: `${base}/purge-queue`, health: `${base}/health` },
  };
}

/** An hour of a serverless endpoint. */
export interface EndpointBill {
  readonly serverlessId: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly totalAmount: number;
}

export function billOfEndpoints(bill: readonly EndpointBill[], only: string | null) {
  const amounts = (totalAmount: number) => ({
    totalAmount,
    gpuAmount: totalAmount,
    cpuAmount: 0,
    diskAmount: 0,
    feeAmount: 0,
  });
  const told = bill.filter(({ serverlessId }) => only === null || serverlessId === only);
  const records = told.map((one) => ({ ...one, ...amounts(one.totalAmount) }));
  const totals = amounts(records.reduce((sum, { totalAmount }) => sum + totalAmount, 0));
  const uniqueServerlessCount = new Set(records.map(({ serverlessId }) => serverlessId)).size;
  const query = { ...RANGE, bucketSize: "hour", serverlessId: only };
  return { records, metadata: { query, recordCount: records.length, uniqueServerlessCount, totals } };
}
