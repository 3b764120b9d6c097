import {
  type Digest,
  type GenerationRequest,
  type InputOf,
  type JobContext,
  type LoraDocument,
  PermanentError,
  type Stores,
} from "@loramill/contracts";
import { gridItems } from "./grid-items.ts";

type Input = InputOf<"generate-images">;

export interface LoadedRequest {
  readonly request: GenerationRequest;
  readonly lora: LoraDocument | null;
}

/** Puts together what the job is to draw. A strength of 0 means the base model: no LoRA at all. */
export async function loadRequest(input: Input, stores: Stores, ctx: Pick<JobContext, "job">): Promise<LoadedRequest> {
  const { params, from, to } = input;
  const grid = await stores.documents.get("grid", params.grid);
  const lora = await findLora(input, stores);
  const items = gridItems(grid, from, to).map(({ index, prompt, seed, strength }) => {
    if (strength > 0 && lora === null) {
      throw new PermanentError(
        `Picture ${index} wants a LoRA at strength ${strength} and the job names none: plan the run again`,
        {
          code: "no-lora",
        },
      );
    }
    const loras = lora === null || strength === 0 ? [] : [{ lora, strength }];
    return { index, prompt, negativePrompt: grid.negativePrompt, seed, loras };
  });
  const { steps, guidance, width, height } = params;
  return { request: { marker: ctx.job, items, steps, guidance, width, height }, lora };
}

/** The LoRA that the run made (the only part of its step's output), or one of the library. */
async function findLora({ inputs, params }: Input, stores: Stores): Promise<LoraDocument | null> {
  const made = inputs.lora ?? inputs.train;
  if (made !== undefined) {
    const [document] = (await stores.documents.get("parts", made)).parts;
    return readLora(document, stores);
  }
  return params.lora === undefined ? null : readLora(params.lora, stores);
}

async function readLora(document: Digest | undefined, stores: Stores): Promise<LoraDocument> {
  if (document === undefined)
    throw new PermanentError("The step that makes the LoRA published none", { code: "no-lora" });
  return stores.documents.get("lora", document);
}
