import { z } from "zod";
import { PageQuery, page } from "./api.ts";
import { Digest, JsonObject } from "./digest.ts";
import { AppliedLora, Generation } from "./documents.ts";

/** One of the catalog; ids sort by the time at which it was made. */
export const GenerationId = z.string().regex(/^gen_[0-9a-f]{32}$/, "expected an id like gen_ and 32 hex digits");

/** A look at a picture or clip that is being drawn, as `progress.previews` of a step or job names it. */
export const GenerationPreview = z.object({
  item: z.int().min(0).describe("Place in the grid of its run"),
  at: z.iso.datetime().describe("When it was seen"),
  url: z.string().max(256).describe("Where the API answers the newest one; gone when the item is finished"),
});
export type GenerationPreview = z.output<typeof GenerationPreview>;

export const previewPath = (job: string, item: number): string => `/v1/jobs/${job}/previews/${item}`;

/** What people think of a generation; of one person's ratings the newest counts. */
export const GenerationStars = z.object({ mean: z.number(), people: z.int() });

/** A finished picture or clip as lists show it. */
export const GenerationSummary = z.object({
  id: GenerationId,
  project: z.string(),
  run: z.string(),
  /** Place in the grid of its run. */
  index: z.int(),
  kind: z.string(),
  prompt: z.string(),
  negativePrompt: z.string(),
  seed: z.int(),
  steps: z.int(),
  guidance: z.number(),
  sampler: z.string(),
  width: z.int(),
  height: z.int(),
  frames: z.int().nullable().describe("Of a clip"),
  fps: z.number().nullable(),
  loras: z.array(AppliedLora),
  baseModel: z.string(),
  backend: z.string(),
  seconds: z.number(),
  createdAt: z.iso.datetime(),
  stars: GenerationStars.nullable().describe("Of those who rated it, 1 to 5; null where nobody has"),
  file: z.object({
    digest: Digest,
    bytes: z.int(),
    mediaType: z.string(),
    url: z.string().describe("Signed and short-lived; relative to the API unless the store serves it"),
  }),
});
export type GenerationSummary = z.output<typeof GenerationSummary>;

export const GenerationView = GenerationSummary.extend({
  record: Generation.nullable().describe("All that is known of it; null for those of before this was kept"),
});
export type GenerationView = z.output<typeof GenerationView>;

export const GenerationPage = page(GenerationSummary).meta({
  examples: [
    {
      items: [
        {
          id: "gen_0198f3c2a4b67d1e8f90123456789abc",
          project: "default",
          run: "run_0198f3c29f6e7c3ab0de1234567890ab",
          index: 3,
          kind: "text-to-image",
          prompt: "zorb on a hill",
          negativePrompt: "",
          seed: 4,
          steps: 20,
          guidance: 3,
          sampler: "euler",
          width: 64,
          height: 64,
          frames: null,
          fps: null,
          loras: [{ name: "zorb", sha256: "0".repeat(64), tensorsSha256: "1".repeat(64), strength: 0.8 }],
          baseModel: "pocket",
          backend: "pocket",
          seconds: 0.4,
          createdAt: "2026-11-21T06:00:00.000Z",
          stars: { mean: 4.5, people: 2 },
          file: {
            digest: "2".repeat(64),
            bytes: 9000,
            mediaType: "image/png",
            url: "/v1/objects/blobs/22…?signature=…",
          },
        },
      ],
      next: null,
    },
  ],
});

/**
 * Which generation a file is, by its bytes or, where it was encoded anew since, by the record in it (`loramill` of a PNG or
 * of a clip's tags, in XMP elsewhere), as it stands there.
 */
export const GenerationSearch = z
  .strictObject({
    project: z.string().optional().describe("Of this project; callers of one project see theirs"),
    sha256: Digest.optional(),
    record: JsonObject.optional(),
  })
  .refine(({ sha256, record }) => sha256 !== undefined || record !== undefined, {
    error: "give sha256, record or both",
  })
  .meta({ examples: [{ sha256: "2".repeat(64) }] });
export type GenerationSearch = z.output<typeof GenerationSearch>;

export const GenerationQuery = PageQuery.extend({
  project: z.string().optional().describe("Of this project; callers of one project see theirs"),
  run: z.string().optional().describe("Id of a run; one that reused what another had made lists that"),
  lora: z
    .string()
    .max(256)
    .optional()
    .describe("Drawn with it: a name (every version), name@version, id, alias or hash"),
  kind: z.string().max(64).optional().describe("Such as image-to-image"),
});
export type GenerationQueryInput = z.input<typeof GenerationQuery>;
