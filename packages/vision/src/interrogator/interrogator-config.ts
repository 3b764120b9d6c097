import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

/** How the interrogator works, which is there as soon as CLIP_MODEL is. */
export const interrogatorConfig = defineConfig(
  {
    INTERROGATOR_MODE: z
      .enum(["fast", "classic", "best"])
      .default("fast")
      .describe(
        "`fast` lists the closest words, `classic` one of each kind and three more, `best` builds the prompt word by word, which takes minutes for a picture without a GPU",
      ),
    INTERROGATOR_LISTS: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder with artists.txt, flavors.txt, mediums.txt, movements.txt and sites.txt, a phrase a line, as CLIP-Interrogator has them; each takes the place of our own short list",
      ),
    INTERROGATOR_CAPTIONER: z
      .enum(["describe", "transformers"])
      .default("describe")
      .describe("Who writes what a prompt begins with"),
  },
  (env) => ({
    mode: env.INTERROGATOR_MODE,
    lists: env.INTERROGATOR_LISTS ?? null,
    captioner: env.INTERROGATOR_CAPTIONER,
  }),
);

export type InterrogatorOptions = ReturnType<typeof interrogatorConfig.options>;
