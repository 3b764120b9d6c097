import { cheapestOf, listPrices } from "@loramill/contracts";

/** A GPU that can be rented, with what an estimate needs to know of it. */
export interface Gpu {
  /** The provider's own id. */
  readonly id: string;
  /** What people call it; compared without spaces, dashes and case. */
  readonly aliases: readonly string[];
  readonly vramGb: number;
  /** 16-bit matrix arithmetic that trainings reach in practice, in TFLOPS; an assumption until jobs have been measured. */
  readonly realisedTflops: number;
  /** USD per hour, the cheapest of what was listed on 2026-04; null where none was. What is offered wins, and what a deployment sets. */
  readonly usdPerHour: number | null;
}

const listed = cheapestOf(listPrices, ["SECURE", "COMMUNITY"]);

const gpu = (id: string, aliases: string, vramGb: number, realisedTflops: number): Gpu => ({
  id,
  aliases: aliases.split(" "),
  vramGb,
  realisedTflops,
  usdPerHour: listed.get(id) ?? null,
});

/** The GPU types of RunPod, by their exact ids, smallest memory first. */
export const gpus: readonly Gpu[] = [
  gpu("NVIDIA RTX A4000", "A4000 RTXA4000", 16, 25),
  gpu("NVIDIA RTX 2000 Ada Generation", "RTX2000Ada 2000Ada", 16, 20),
  gpu("NVIDIA RTX A4500", "A4500 RTXA4500", 20, 30),
  gpu("NVIDIA RTX 4000 Ada Generation", "RTX4000Ada 4000Ada", 20, 35),
  gpu("NVIDIA GeForce RTX 3090", "RTX3090 3090", 24, 40),
  gpu("NVIDIA GeForce RTX 3090 Ti", "RTX3090Ti 3090Ti", 24, 45),
  gpu("NVIDIA GeForce RTX 4090", "RTX4090 4090", 24, 75),
  gpu("NVIDIA RTX A5000", "A5000 RTXA5000", 24, 35),
  gpu("NVIDIA L4", "L4", 24, 35),
  gpu("NVIDIA GeForce RTX 5090", "RTX5090 5090", 32, 110),
  gpu("NVIDIA RTX 5000 Ada Generation", "RTX5000Ada 5000Ada", 32, 60),
  gpu("NVIDIA RTX PRO 4500 Blackwell", "RTXPRO4500 PRO4500", 32, 60),
  gpu("NVIDIA RTX A6000", "A6000 RTXA6000", 48, 45),
  gpu("NVIDIA A40", "A40", 48, 45),
  gpu("NVIDIA L40", "L40", 48, 80),
  gpu("NVIDIA L40S", "L40S", 48, 90),
  gpu("NVIDIA RTX 6000 Ada Generation", "RTX6000Ada 6000Ada", 48, 85),
  gpu("NVIDIA A100 80GB PCIe", "A100 A100-PCIe A100-80GB", 80, 140),
  gpu("NVIDIA A100-SXM4-80GB", "A100-SXM A100SXM4", 80, 150),
  gpu("NVIDIA H100 PCIe", "H100-PCIe", 80, 250),
  gpu("NVIDIA H100 80GB HBM3", "H100 H100-SXM", 80, 300),
  gpu("NVIDIA H100 NVL", "H100NVL", 94, 280),
  gpu("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTXPRO6000 PRO6000", 96, 150),
  gpu("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "RTXPRO6000WS PRO6000WS", 96, 150),
  gpu("NVIDIA H200", "H200", 141, 320),
  gpu("NVIDIA H200 NVL", "H200NVL", 143, 300),
  gpu("NVIDIA B200", "B200", 180, 550),
  gpu("AMD Instinct MI300X OAM", "MI300X", 192, 250),
  gpu("NVIDIA B300 SXM6 AC", "B300", 288, 600),
];

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** By the provider's id or what people call it; with or without spaces, dashes, vendor and `GeForce`. */
export function findGpu(name: string): Gpu | undefined {
  const wanted = plain(name);
  const short = wanted.replace(/^(nvidia|amd)/, "").replace(/^geforce/, "");
  return gpus.find(
    ({ id, aliases }) => plain(id) === wanted || aliases.some((alias) => [wanted, short].includes(plain(alias))),
  );
}

/** What a GPU is called for short. */
export const shortName = ({ aliases, id }: Gpu): string => aliases[0] ?? id;
