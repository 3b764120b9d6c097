import { z } from "zod";
import { TrainerName } from "../agent-api.ts";
import type { MachineImage } from "../ports/compute-provider.ts";

/** `sd-scripts=registry/a:1,ai-toolkit=registry/b:1`, by image; one that several trainers name has them all. */
const FleetImages = z
  .string()
  .default("")
  .transform((text, context): MachineImage[] => {
    const images = new Map<string, TrainerName[]>();
    for (const pair of text.split(/[\s,]+/).filter(Boolean)) {
      const [, name, image = ""] = /^([^=]*)=(.+)$/.exec(pair) ?? [];
      const trainer = TrainerName.safeParse(name);
      if (!trainer.success) {
        const names = TrainerName.options.join(", ");
        context.addIssue({ code: "custom", message: `"${pair}" must be TRAINER=IMAGE, with one of ${names}` });
        return z.NEVER;
      }
      images.set(image, [...(images.get(image) ?? []), trainer.data]);
    }
    return [...images].map(([image, trainers]) => ({ image, trainers }));
  });

/** What every process reads that speaks to agents which were started by hand. */
export const agentVariables = {
  AGENT_TOKEN: z
    .string()
    .min(16)
    .optional()
    .describe("Bearer token that agents of AGENT_URLS, of AGENT_DNS_NAME and on own servers were started with"),
} as const;

/** What every process reads that plans, rents or speaks to rented machines. */
export const fleetVariables = {
  FLEET_PROVIDERS: z
    .string()
    .default("")
    .transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))])
    .pipe(z.array(z.enum(["runpod", "static"])))
    .describe("Who machines are rented from when there is work, separated by commas; left out, nobody"),
  FLEET_IMAGE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Container image of machines from RunPod, for all trainers that FLEET_IMAGES does not name: trainers and the pod-agent (infra/docker/gpu.Dockerfile)",
    ),
  FLEET_IMAGES: FleetImages.describe(
    "Container images by trainer, as sd-scripts=registry/gpu-sd-scripts:1,ai-toolkit=registry/gpu-ai-toolkit:1",
  ),
  FLEET_AGENT_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe("The tokens of agents on rented machines are derived from it; the same wherever it is set"),
  FLEET_NAME_PREFIX: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}-$/, "lower-case letters, digits and dashes, with a dash at the end")
    .default("loramill-")
    .describe("Names of rented machines begin with it; no machine of another name is ever touched"),
} as const;

/** All images that machines are rented with. FLEET_IMAGE is taken to have every trainer that FLEET_IMAGES gives no image of its own. */
export function fleetImages(env: {
  readonly FLEET_IMAGE?: string | undefined;
  readonly FLEET_IMAGES: readonly MachineImage[];
}): readonly MachineImage[] {
  const named = new Set(env.FLEET_IMAGES.flatMap(({ trainers }) => trainers));
  const others = TrainerName.options.filter((trainer) => !named.has(trainer));
  if (env.FLEET_IMAGE === undefined || others.length === 0) return env.FLEET_IMAGES;
  return [...env.FLEET_IMAGES, { image: env.FLEET_IMAGE, trainers: others }];
}
