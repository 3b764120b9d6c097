import {
  blobKey,
  type InputOf,
  type JobContext,
  type JobOutput,
  JsonObject,
  type LoraDocument,
  type Stores,
  UserError,
} from "@loramill/contracts";
import {
  describeLora,
  fileHashes,
  type ModuleThreads,
  type OperationInput,
  objectSource,
  readSafetensorsHeader,
  runOperation,
} from "@loramill/lora";

export interface EditLoraDeps {
  readonly stores: Stores;
  readonly threads: ModuleThreads;
  /** Largest file that is worked on, in bytes. */
  readonly maxBytes: number;
}

type Input = InputOf<"edit-lora">;

interface KnownLora extends OperationInput {
  readonly document: LoraDocument;
}

/** Makes one LoRA of those of the library and publishes it: file, document, catalog record. */
export async function editLora({ params }: Input, deps: EditLoraDeps, ctx: JobContext): Promise<JobOutput> {
  const { stores, threads, maxBytes } = deps;
  const { name, operation } = params;
  const loras = await Promise.all(params.from.map((input) => openInput(input, stores, maxBytes, ctx.signal)));
  const { file, modules, notes } = await runOperation(operation, loras, {
    name,
    runModule: threads.runModule,
    ahead: threads.size,
    signal: ctx.signal,
    onProgress: ({ done, total }) => ctx.progress({ step: done, total, percent: Math.floor((100 * done) / total) }),
  });
  if (file.size > maxBytes) throw tooLarge(name, file.size, maxBytes);
  const media = { mediaType: "application/vnd.safetensors", bytes: file.size, signal: ctx.signal };
  const weights = await stores.blobs.put(file.chunks, media);
  const source = await objectSource(stores.objects, blobKey(weights.sha256), { signal: ctx.signal });
  const { tensorsSha256 } = await fileHashes(source);
  const { triggerWords, ranks } = describeLora(await readSafetensorsHeader(source));
  const [first] = loras;
  const lora: LoraDocument = {
    format: "loramill-lora/1",
    name,
    weights,
    tensorsSha256,
    family: first?.document.family ?? "unknown",
    baseModel: first?.document.baseModel ?? "unknown",
    triggerWord: triggerWords[0]?.word ?? null,
    ...{ recipe: null, dataset: null, images: null, steps: null, finalLoss: null, curve: [], computeSeconds: 0 },
    resumedFromSteps: [],
    deviations: notes.map((message) => ({ code: operation.kind, message })),
    backend: "loramill",
    samples: [],
    made: {
      operation: operation.kind,
      settings: JsonObject.parse(JSON.parse(JSON.stringify(operation))),
      from: params.from.map(({ document, weight, blocks }, at) => ({
        name: loras[at]?.name ?? "",
        weights: loras[at]?.document.weights.sha256 ?? "",
        ...{ document, weight },
        ...(blocks === undefined ? {} : { blocks }),
      })),
    },
  };
  const digest = await stores.documents.put("lora", lora);
  const { family, baseModel, triggerWord } = lora;
  const record = { document: digest, name, family, baseModel, triggerWord, tensorsSha256, dataset: null };
  const [most] = ranks;
  ctx.record({
    kind: "lora",
    ...record,
    weightsSha256: weights.sha256,
    bytes: weights.bytes,
    ...(most === undefined ? {} : { rank: most.rank }),
  });
  for (const message of notes) ctx.event("lora.note", { message });
  ctx.event("lora.published", { document: digest, name, bytes: weights.bytes, modules });
  return { digest, shape: "part", items: 1, summary: { loras: 1, modules, bytes: weights.bytes } };
}

async function openInput(
  { document, weight, blocks }: Input["params"]["from"][number],
  { documents, objects }: Stores,
  maxBytes: number,
  signal: AbortSignal,
): Promise<KnownLora> {
  const lora = await documents.get("lora", document);
  if (lora.weights.bytes > maxBytes) throw tooLarge(lora.name, lora.weights.bytes, maxBytes);
  const source = await objectSource(objects, blobKey(lora.weights.sha256), { signal });
  return { name: lora.name, document: lora, source, weight, ...(blocks === undefined ? {} : { blocks }) };
}

function tooLarge(name: string, bytes: number, maxBytes: number): UserError {
  return new UserError(
    `${name} has ${bytes} bytes, more than LORA_MAX_BYTES (${maxBytes}): raise it, or take a lower rank`,
    {
      code: "lora-too-large",
      details: { bytes, maxBytes },
    },
  );
}
