import { problem } from "./fake-runpod-moves.ts";

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

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** What the vendor sells, and where; null for what is no route of its catalogue, or no thing in it. */
export function answerCatalogue(
  gpus: readonly FakeGpu[],
  route: string,
  id: string | undefined,
  query: URLSearchParams,
): Answer | null {
  const isGpus = route.startsWith("GET /v2/catalog/gpus");
  if (!isGpus && !route.startsWith("GET /v2/catalog/datacenters")) return null;
  if (isGpus && (query.get("include") === "AVAILABILITY") !== query.has("product")) {
    return { status: 400, body: problem(400, "product is required with include=AVAILABILITY, and only with it") };
  }
  const items: readonly { readonly id: string }[] = isGpus ? gpus.map(viewOfGpu) : dataCentresOf(gpus);
  if (id === undefined) return { status: 200, body: { [isGpus ? "gpus" : "dataCenters"]: items } };
  const found = items.find((one) => one.id === id);
  return found === undefined ? null : { status: 200, body: found };
}

function viewOfGpu({ id, memory, usd, dataCenters }: FakeGpu) {
  return {
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
  };
}

function dataCentresOf(gpus: readonly FakeGpu[]) {
  const ids = new Set(gpus.flatMap(({ dataCenters }) => dataCenters.map((one) => one.id)));
  return [...ids].map((id) => ({
    ...{ id, name: id, region: id.startsWith("US-") ? "NORTH_AMERICA" : "EUROPE" },
    ...{ globalNetwork: false, networkVolumeTypes: ["STANDARD"], compliance: [] },
  }));
}

/** As GraphQL tells it: what is not sold in a place has no price there. */
export function spotPricesOf(gpu: FakeGpu, secure: boolean, places: ReadonlyMap<string, string | null>) {
  const prices = [...places].map(([alias, place]) => {
    const stock = place === null ? "LOW" : gpu.dataCenters.find(({ id }) => id === place)?.availability;
    const isSold = secure && gpu.usd.spot > 0 && stock !== undefined && stock !== "NONE";
    const stockStatus = `${stock?.slice(0, 1)}${stock?.slice(1).toLowerCase()}`;
    return [
      alias,
      isSold ? { minimumBidPrice: gpu.usd.spot, stockStatus } : { minimumBidPrice: null, stockStatus: null },
    ];
  });
  return { id: gpu.id, memoryInGb: gpu.memory, ...Object.fromEntries(prices) };
}
