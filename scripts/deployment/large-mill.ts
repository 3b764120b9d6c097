import { Recipe } from "@loramill/contracts";
import { estimateOn, findGpu, presets } from "@loramill/recipes";

const PICTURES = 1_000_000;
const LORAS = 10_000;
const PICTURES_PER_LORA = 50;
const HOURS_PER_DAY = 24;
const TRAINING = "train 10,000 LoRAs";

/** What nobody has measured for you; docs/operations/cost.md lists these, and says where the others come from. */
export const assumptions = {
  /** Of the time for which machines are rented: the rest is boots, staging and idling. */
  shareAtWork: 0.8,
  captionsPerGpuSecond: 5,
  secondsPerImage: 4.2,
  usdPerCoreHour: 0.03,
  usdPerGbMonth: 0.02,
  servicesUsdPerDay: 50,
  /** MB of a prepared picture, an image and a LoRA of rank 32. */
  megabytes: { picture: 0.4, image: 1.5, lora: 170 },
  daysKept: 30,
} as const;

/** `curate.imagesPerCoreSecond` of `npm run bench -- curate`, on two shared cores of a server. */
const CURATED_PER_CORE_SECOND = 10;
const POLL_SECONDS = 10;
/** What accounts at RunPod may rent at one moment unless they ask for more, over everything they have there. */
const ACCOUNT_USD_PER_HOUR = 80;
const PICTURES_PER_JOB = 64;

export interface GpuWork {
  readonly what: string;
  /** Of a GPU at work. */
  readonly gpuHours: number;
  /** Machines that are rented all day for it. */
  readonly machines: number;
}

/** A day of 1M pictures captioned, 10,000 LoRAs trained and 1M images drawn, on RTX 4090 by the prices of our GPU table. */
export function planLargeMill() {
  const gpu = findGpu("RTX4090");
  if (gpu === undefined || gpu.usdPerHour === null) throw new Error("the table of GPUs has no price of an RTX 4090");
  const training = estimateOn(Recipe.parse(presets.sdxl), gpu, { images: PICTURES_PER_LORA }).seconds.p50;
  const hours = (seconds: number) => seconds / 3_600;
  const work = (what: string, seconds: number): GpuWork => {
    const gpuHours = hours(seconds);
    return { what, gpuHours, machines: Math.ceil(gpuHours / assumptions.shareAtWork / HOURS_PER_DAY) };
  };
  const gpuWork = [
    work("caption 1M pictures", PICTURES / assumptions.captionsPerGpuSecond),
    work(TRAINING, LORAS * training),
    work("draw 1M images", PICTURES * assumptions.secondsPerImage),
  ];
  const { picture, image, lora } = assumptions.megabytes;
  const gigabytes = (PICTURES * (picture + image) + LORAS * lora) / 1_000;
  const fleetMachines = gpuWork.find(({ what }) => what === TRAINING)?.machines ?? 0;
  const machines = gpuWork.reduce((sum, { machines: each }) => sum + each, 0);
  const secondsADay = HOURS_PER_DAY * 3_600;
  const turns = (LORAS * training) / POLL_SECONDS + (3 * PICTURES) / PICTURES_PER_JOB;
  return {
    gpuUsdPerHour: gpu.usdPerHour,
    trainingSeconds: training,
    gpuWork,
    curatingCoreHours: hours(PICTURES / CURATED_PER_CORE_SECOND),
    gigabytesPerDay: gigabytes,
    gigabytesKept: gigabytes * assumptions.daysKept,
    turnsPerSecond: turns / secondsADay,
    /** The fleet rents machines for trainings, and looks at each as often as at a training. */
    fleetTurnsPerSecond: fleetMachines / POLL_SECONDS,
    fleetMachines,
    machines,
    machinesUsdPerHour: machines * gpu.usdPerHour,
    accountUsdPerHour: ACCOUNT_USD_PER_HOUR,
  };
}

const usd = (amount: number) => `$${Math.round(amount).toLocaleString("en-US")}`;
const whole = (count: number) => Math.round(count).toLocaleString("en-US");

/** The table of docs/operations/cost.md. */
export function renderLargeMill(): string {
  const { gpuUsdPerHour, gpuWork, curatingCoreHours, gigabytesPerDay, gigabytesKept } = planLargeMill();
  const { shareAtWork, usdPerCoreHour, usdPerGbMonth, servicesUsdPerDay, daysKept } = assumptions;
  const lines: { what: string; how: string; usd: number }[] = [
    {
      what: "curate 1M pictures",
      how: `${whole(curatingCoreHours)} core hours`,
      usd: curatingCoreHours * usdPerCoreHour,
    },
    ...gpuWork.map(({ what, gpuHours, machines }) => ({
      what,
      how: `${whole(gpuHours)} GPU hours ÷ ${shareAtWork}: ${machines} machines`,
      usd: (gpuHours / shareAtWork) * gpuUsdPerHour,
    })),
    {
      what: "keep all of it",
      how: `${(gigabytesPerDay / 1_000).toFixed(1)} TB a day, ${daysKept} days: ${whole(gigabytesKept / 1_000)} TB`,
      usd: (gigabytesKept * usdPerGbMonth) / 30,
    },
    { what: "the mill itself", how: "30 cores, Postgres, Redis", usd: servicesUsdPerDay },
  ];
  const total = lines.reduce((sum, line) => sum + line.usd, 0);
  const rows = [...lines, { what: "**together**", how: "", usd: total }];
  return ["| what | how much | a day |", "|---|---|---|"]
    .concat(rows.map((row) => `| ${row.what} | ${row.how} | ${usd(row.usd)} |`))
    .join("\n");
}
