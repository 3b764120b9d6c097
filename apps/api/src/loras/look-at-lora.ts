import { type Catalog, type LibraryLora, weightsOf } from "@loramill/catalog";
import {
  blobKey,
  type Digest,
  type LoraFamily,
  LoraInspection,
  type LoraValidation,
  type LoraView,
  type ProjectId,
  type Stores,
  UserError,
} from "@loramill/contracts";
import {
  describeLora,
  expertOf,
  type LoraVerdict,
  objectSource,
  readSafetensorsHeader,
  type SafetensorsHeader,
  validateHeader,
} from "@loramill/lora";

const { description: Description } = LoraInspection.shape;

/** Everything that the header tells: one or two ranged reads, however large the file is. */
export async function inspectLora(
  row: LibraryLora,
  { hashes }: Pick<LoraView, "hashes">,
  asked: { readonly metadata: boolean; readonly keys: boolean },
  stores: Pick<Stores, "objects">,
): Promise<LoraInspection> {
  const header = await headerOf(row.weightsSha256, stores);
  const { id, name, version, document } = row;
  return {
    lora: { id, name, version, document },
    description: Description.parse(JSON.parse(JSON.stringify(describeLora(header)))),
    hashes,
    ...(asked.metadata ? { metadata: Object.fromEntries(header.metadata) } : {}),
    ...(asked.keys
      ? { keys: [...header.tensors.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })) }
      : {}),
  };
}

/** What is wrong with its files as far as their headers tell, read in the same way; coverage is that of the first. */
export async function validateByHeader(
  row: LibraryLora,
  use: { readonly strength?: number | undefined; readonly family?: LoraFamily | undefined },
  { catalog, stores }: { readonly catalog: Pick<Catalog, "loras">; readonly stores: Pick<Stores, "objects"> },
): Promise<LoraValidation> {
  const pair = await pairOf(row, catalog);
  const verdicts: LoraVerdict[] = [];
  for (const { sha256 } of weightsOf(row)) {
    verdicts.push(validateHeader(await headerOf(sha256, stores), { ...use, ...pair }));
  }
  const findings = verdicts.flatMap((verdict) => verdict.findings);
  const coverage = verdicts[0]?.coverage ?? null;
  return {
    kind: "validate",
    lora: { name: row.name, document: row.document, weights: row.weightsSha256 },
    looked: "header",
    valid: findings.every(({ severity }) => severity !== "error"),
    findings,
    coverage: coverage === null ? null : { ...coverage, refused: [...coverage.refused] },
  };
}

async function headerOf(sha256: Digest, { objects }: Pick<Stores, "objects">): Promise<SafetensorsHeader> {
  return readSafetensorsHeader(await objectSource(objects, blobKey(sha256)));
}

/** The file's name that says which half of a pair it is, and its other half where the library has it. */
async function pairOf(
  row: LibraryLora,
  { loras }: Pick<Catalog, "loras">,
): Promise<{ readonly name?: string; readonly neighbours?: readonly string[] }> {
  const project = row.project as ProjectId;
  const { aliases } = await loras.details({ project, id: row.id, name: row.name });
  const names = [...aliases.flatMap(({ kind, value }) => (kind === "file" ? [value] : [])), row.name];
  for (const name of names) {
    const pair = expertOf(row, name);
    if (pair === null) continue;
    const isThere = await knows(loras, project, pair.partner);
    return { name, neighbours: isThere ? [pair.partner] : [] };
  }
  return {};
}

async function knows(loras: Catalog["loras"], project: ProjectId, lora: string): Promise<boolean> {
  try {
    return (await loras.find({ project, lora })) !== null;
  } catch (error) {
    // Several are called so: the other half is among them.
    if (error instanceof UserError && error.code === "ambiguous-lora") return true;
    throw error;
  }
}
