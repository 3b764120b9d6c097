import type { Catalog, LibraryLora } from "@loramill/catalog";
import {
  type Digest,
  type JsonObject,
  type LoraDocument,
  type LoraImportFields,
  LoraTag,
  loraBytes,
  type ProjectId,
  type Stores,
  sha256Hex,
  UserError,
  withLoraFiles,
} from "@loramill/contracts";
import { expertOf } from "@loramill/lora";
import type { ArrangedFile } from "./arrange-files.ts";
import { storeCover } from "./store-cover.ts";

export interface LoraToImport {
  /** One, or the two halves of a pair, high noise first. */
  readonly files: readonly [ArrangedFile, ...ArrangedFile[]];
  readonly fields: LoraImportFields;
  /** Blob of a picture; null where none came. */
  readonly cover: Digest | null;
}

/**
 * Makes stored files a LoRA of the library. What the client says wins over what a file says of itself, and of a pair the
 * file for high noise speaks. Of bytes that are there already only what the client says is added.
 */
export async function importLora(
  { files, fields, cover }: LoraToImport,
  project: ProjectId,
  { catalog, stores }: { readonly catalog: Pick<Catalog, "loras">; readonly stores: Stores },
): Promise<{ readonly row: LibraryLora; readonly isNew: boolean; readonly warnings: readonly string[] }> {
  const [{ file, common }] = files;
  const fileNames = files.map(({ fileName }) => fileName).join(", ");
  const { description } = file;
  const { dialect, lineage, training, modelSpec } = description;
  const found = familyOf(files);
  const name = fields.name ?? nameOf(titleOf(files)) ?? nameOf(stemOf(common)) ?? "lora";
  const told = description.triggerWords.map(({ word }) => clean(word, 200)).filter((word) => word !== "");
  const triggerWords = (fields.triggerWords.length > 0 ? fields.triggerWords : told).slice(0, 32);
  const family = fields.family ?? found?.family ?? "unknown";
  const familyFrom = fields.family === undefined ? (found?.from ?? null) : "given";
  const variant = fields.family === undefined ? (found?.variant ?? null) : null;
  const baseModel = clean(lineage?.base_model ?? stemOf(training.sd_model_name ?? ""), 200);
  const warnings = [...new Set(files.flatMap((one) => one.file.description.warnings)), ...missingHalf(files)];
  const stored = withLoraFiles(
    files.map((one) => ({ role: one.role, weights: one.file.weights, tensorsSha256: one.file.hashes.tensorsSha256 })),
  );
  const document: LoraDocument = {
    format: "loramill-lora/1",
    name,
    ...stored,
    family,
    baseModel,
    triggerWord: triggerWords[0] ?? null,
    recipe: null,
    dataset: null,
    images: null,
    steps: null,
    finalLoss: null,
    curve: [],
    computeSeconds: 0,
    resumedFromSteps: [],
    deviations: [],
    samples: [],
    backend: "import",
    made: {
      operation: "import",
      settings: {
        file: fileNames,
        container: file.container,
        family: { name: family, variant, from: familyFrom },
        told: { lineage: facts(lineage ?? {}), training: facts(training), modelspec: facts(modelSpec) },
      },
      from: [],
    },
  };
  const { id, isNew } = await catalog.loras.add({
    project,
    name,
    document: await stores.documents.put("lora", document),
    family,
    variant,
    familyFrom,
    dialect,
    rank: description.ranks[0]?.rank ?? null,
    baseModel,
    triggerWord: document.triggerWord,
    triggerWords,
    tags: [...new Set([...fields.tags, ...tagsOf(modelSpec.tags)])].sort(),
    notes: fields.notes,
    cover: cover ?? (await thumbnail(modelSpec.thumbnail, stores)),
    weightsSha256: stored.weights.sha256,
    tensorsSha256: stored.tensorsSha256,
    bytes: loraBytes(stored),
    files: stored.files ?? [],
    origin: fields.origin ?? fileNames,
    aliases: files.flatMap(aliasesOf),
  });
  if (!isNew) {
    await catalog.loras.change(
      { project, id },
      {
        addTags: fields.tags,
        triggerWords: fields.triggerWords.length > 0 ? fields.triggerWords : undefined,
        notes: fields.notes === "" ? undefined : fields.notes,
        family: fields.family,
        cover: cover ?? undefined,
      },
    );
  }
  const row = await catalog.loras.find({ project, lora: id });
  if (row === null)
    throw new UserError(`${fileNames} was deleted while it was imported; import it again`, { code: "wrong-state" });
  return { row, isNew, warnings };
}

/** What else a file is found by. */
function aliasesOf({ fileName, file: { hashes, sshs, weights, original } }: ArrangedFile) {
  return [
    { kind: "file" as const, value: fileName },
    { kind: "autov1" as const, value: hashes.autoV1 },
    { kind: "sshs" as const, value: sshs.sshs_model_hash },
    { kind: "sshs-legacy" as const, value: sshs.sshs_legacy_hash },
    { kind: "original" as const, value: original },
  ].filter(({ value }) => value !== HASH_OF_NOTHING && value !== weights.sha256);
}

/** The hashes that look behind the first MiB say the same of every smaller file. */
const HASH_OF_NOTHING = sha256Hex("").slice(0, 8);

/** What fits a field of the catalog: no control characters, no longer than it takes. */
const clean = (text: string, length: number) =>
  text
    .replace(/\p{C}+/gu, " ")
    .trim()
    .slice(0, length);

/** The last part of a path, on any system, without the endings of weights. */
function stemOf(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? "").replace(/\.(safetensors|pt|pth|bin|ckpt)$/i, "");
}

/** Text as a name takes it; null where nothing of it remains. */
function nameOf(text: string): string | null {
  const name = text
    .replace(/[^\p{L}\p{N} ._-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .slice(0, 100)
    .trim();
  return name === "" ? null : name;
}

function tagsOf(text = ""): string[] {
  return text
    .split(",")
    .flatMap((tag) => LoraTag.safeParse(tag).data ?? [])
    .slice(0, 32);
}

const MAX_FACT_LENGTH = 2_000;

/** What a file says in single values; tables of tags and folders stay in the file. */
function facts(said: Readonly<Record<string, unknown>>): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(said)) {
    if (typeof value === "number" || typeof value === "boolean") kept[key] = value;
    // A thumbnail is a picture, which the library keeps as the cover.
    if (typeof value === "string" && key !== "thumbnail") kept[key] = clean(value, MAX_FACT_LENGTH);
  }
  return kept;
}

/** The picture that the file brings along, as ModelSpec has it; null where there is none that can be read. */
async function thumbnail(url: string | undefined, { blobs }: Pick<Stores, "blobs">): Promise<Digest | null> {
  const data = /^data:image\/[a-z+]+;base64,([A-Za-z0-9+/=\s]+)$/.exec(url ?? "")?.[1];
  if (data === undefined) return null;
  try {
    return await storeCover(blobs, Buffer.from(data, "base64"));
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Files of single experts are for Wan 2.2 14B, whatever else would fit them. */
function familyOf([{ file, role }]: LoraToImport["files"]) {
  const { family } = file.description;
  if (family === null || role === "both" || family.family === "wan22") return family;
  return { ...family, family: "wan22", from: "given" };
}

/** What a file calls itself; of half a pair without the word that tells it from the other. */
function titleOf([{ file, role }]: LoraToImport["files"]): string {
  const { title } = file.description;
  if (title === null || role === "both") return title ?? "";
  return expertOf({ family: "wan22", variant: null }, title)?.common ?? title;
}

/** One half alone draws with the expert of the other kind as it is. */
function missingHalf([first, ...others]: LoraToImport["files"]): string[] {
  if (first.partner === null || others.length > 0) return [];
  return [`it is for ${first.role} noise; its other half is called ${first.partner}: import both together`];
}
