/** A pod as the vendor's document has it, as far as a fake fills it in. */
export interface FakePod {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly args: string;
  readonly disk: number;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly mounts: object;
  readonly registry: string | null;
  readonly gpu: { readonly id: string; readonly count: number };
  readonly cloud: string;
  readonly dataCenterId: string | null;
  readonly usdPerHour: number;
  readonly isSpot: boolean;
  readonly createdAt: Date;
  /** When it stopped computing; null while it does. */
  stoppedAt: Date | null;
  /** Terminated, or taken without a word: it is listed no more. */
  isListed: boolean;
}

export function viewOfPod(pod: FakePod, now: Date, bootMs: number) {
  const age = now.getTime() - pod.createdAt.getTime();
  const status = pod.stoppedAt !== null ? "EXITED" : age >= bootMs ? "RUNNING" : age > 0 ? "STARTING" : "PROVISIONING";
  const isRunning = status === "RUNNING";
  const { id, name, image, args, disk, env, ports, mounts, gpu, cloud, dataCenterId, createdAt } = pod;
  return {
    id,
    name,
    image,
    args,
    disk,
    env,
    ports,
    registry: pod.registry,
    status,
    actions: isRunning ? ["stop", "restart", "terminate"] : ["terminate"],
    mounts,
    gpu,
    cloud,
    dataCenterId,
    cudaVersion: null,
    ssh: { proxy: null, direct: null },
    template: null,
    cost: pod.stoppedAt === null ? pod.usdPerHour : 0,
    locked: false,
    globalNetworking: { enabled: false },
    runtime: isRunning ? { uptime: Math.floor((age - bootMs) / 1_000), ports: [] } : null,
    createdAt: createdAt.toISOString(),
    startedAt: isRunning ? new Date(createdAt.getTime() + bootMs).toISOString() : null,
  };
}

const HOUR_MS = 3_600_000;

/**
 * What a pod cost until `now`, hour by hour of the clock, as the vendor does; or by shorter buckets, for tests that cannot wait for the end
 * of an hour. Begun seconds count whole, in the bucket in which they began.
 */
export function billOfPod(pod: FakePod, now: Date, bucketMs = HOUR_MS) {
  const end = pod.stoppedAt === null || pod.stoppedAt > now ? now : pod.stoppedAt;
  const records = [];
  for (let at = pod.createdAt.getTime(); at < end.getTime(); ) {
    const bucket = Math.floor(at / bucketMs) * bucketMs;
    const until = Math.min(bucket + bucketMs, end.getTime());
    const amount = Math.round((Math.ceil((until - at) / 1_000) * pod.usdPerHour * 1_000_000) / 3_600) / 1_000_000;
    records.push({
      startTime: new Date(bucket).toISOString(),
      endTime: new Date(bucket + bucketMs).toISOString(),
      podId: pod.id,
      totalAmount: amount,
      gpuAmount: amount,
      cpuAmount: 0,
      diskAmount: 0,
    });
    at = until;
  }
  return records;
}
