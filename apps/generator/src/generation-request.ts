import {
  type BlobRef,
  blobKey,
  type Digest,
  type GenerationRequest,
  type GenerationRequestItem,
  type GenerationSpec,
  gridChoice,
  gridItem,
  gridSize,
  type InputOf,
  inputFilesOf,
  type JobContext,
  type LoraDocument,
  lorasOf,
  MAIN_LORA,
  PermanentError,
  type Stores,
} from "@loramill/contracts";

type Input = InputOf<"generate-images">;
type Loras = Readonly<Record<string, LoraDocument>>;

export interface LoadedRequest {
  readonly request: GenerationRequest;
  /** Every LoRA that the job uses, by what the specs call it. */
  readonly loras: Loras;
}

/** Puts together what the job is to make: its range of the grid, the LoRAs, and the files that go in. */
export async function loadRequest(input: Input, stores: Stores, ctx: Pick<JobContext, "job">): Promise<LoadedRequest> {
  const { params, about, from, to } = input;
  const grid = await stores.documents.get("grid", params.grid);
  if (from >= to || to > gridSize(grid)) {
    throw new PermanentError(
      `The grid has ${gridSize(grid)} items, the job asks for ${from} to ${to}: plan the run again`,
      { code: "outside-grid" },
    );
  }
  const specs = Array.from({ length: to - from }, (_, offset) => gridItem(grid, from + offset));
  const loras = await readLoras(specs, input, stores);
  const choices = about === undefined ? null : await stores.documents.get("grid-choices", about.choices);
  const items: GenerationRequestItem[] = [];
  for (const [offset, spec] of specs.entries()) {
    const index = from + offset;
    const choice = choices === null ? undefined : gridChoice(grid, choices, index);
    const item = { index, spec, loras: pick(spec, loras), inputs: await findInputs(spec, stores) };
    items.push(choice === undefined ? item : { ...item, choice });
  }
  return { request: { marker: ctx.job, items }, loras };
}

function pick(spec: GenerationSpec, loras: Loras): Loras {
  return Object.fromEntries(
    lorasOf(spec).map(({ lora }) => {
      const found = loras[lora];
      if (found === undefined) throw new TypeError(`the LoRA ${lora} was not read`);
      return [lora, found];
    }),
  );
}

async function readLoras(specs: readonly GenerationSpec[], input: Input, stores: Stores): Promise<Loras> {
  const names = new Set(specs.flatMap((spec) => lorasOf(spec).map(({ lora }) => lora)));
  const entries = [...names].map(async (name) => [name, await readLora(name, input, stores)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function readLora(name: string, { inputs, params }: Input, stores: Stores): Promise<LoraDocument> {
  const made = inputs.lora ?? inputs.train;
  const document = name !== MAIN_LORA ? params.loras[name] : (params.lora ?? (await onlyPart(made, stores)));
  if (document !== undefined) return stores.documents.get("lora", document);
  throw new PermanentError(`The request wants the LoRA ${name} and the job names none: plan the run again`, {
    code: "no-lora",
  });
}

/** The LoRA that the run made is the only part of its step's output. */
async function onlyPart(made: Digest | undefined, stores: Stores): Promise<Digest | undefined> {
  return made === undefined ? undefined : (await stores.documents.get("parts", made)).parts[0];
}

/** Files that go in are named by their content. */
async function findInputs(spec: GenerationSpec, { objects }: Stores): Promise<Readonly<Record<string, BlobRef>>> {
  const found: Record<string, BlobRef> = {};
  for (const name of inputFilesOf(spec)) {
    const sha256 = name.replace(/^sha256:/, "");
    if ((await objects.head(blobKey(sha256))) === null) {
      throw new PermanentError(`The file ${name} is not in the store: send it again and submit the run again`, {
        code: "input-missing",
      });
    }
    // Only an answer with a body tells what the bytes are.
    const { body, totalBytes, contentType } = await objects.get(blobKey(sha256), { range: { start: 0, end: 0 } });
    for await (const _ of body);
    found[name] = { sha256, bytes: totalBytes, mediaType: contentType ?? "application/octet-stream" };
  }
  return found;
}
