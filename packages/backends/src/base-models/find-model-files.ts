import type { Digest, KnownModel, Recipe } from "@loramill/contracts";
import type { ModelRole } from "@loramill/trainers";

export interface StoredModelFile {
  readonly role: ModelRole;
  readonly path: string;
  readonly sha256: Digest;
  readonly bytes: number;
}

/** A file that a training needs and the store has not; `model` is what lists it, null where no model does. */
export interface MissingModelFile {
  readonly role: ModelRole;
  readonly model: string | null;
}

export interface FoundModelFiles {
  readonly stored: readonly StoredModelFile[];
  readonly missing: readonly MissingModelFile[];
}

/**
 * Looks in the recipe's base model for a file of each role. VAE and text encoders, which a family's models share, may be
 * those of another model of the family as well, by the order of ids; what has been pulled comes first.
 */
export function findModelFiles(
  { family, baseModel }: Pick<Recipe, "family" | "baseModel">,
  roles: readonly ModelRole[],
  models: readonly KnownModel[],
): FoundModelFiles {
  const own = models.filter(({ id }) => id === baseModel);
  const kin = models
    .filter((model) => model.family === family && model.id !== baseModel)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const stored: StoredModelFile[] = [];
  const missing: MissingModelFile[] = [];
  for (const role of roles) {
    const files = [...own, ...(role === "base" ? [] : kin)].flatMap((model) =>
      model.files.filter(({ path }) => roleOf(path) === role).map((file) => ({ ...file, model: model.id })),
    );
    const found = files.find((file) => file.stored !== null);
    if (found?.stored) stored.push({ role, path: found.path, ...found.stored });
    else missing.push({ role, model: files[0]?.model ?? null });
  }
  return { stored, missing };
}

const WEIGHTS = /\.(?:safetensors|sft|ckpt|pt|pth|bin)$/;
/** Pieces of a folder as the hub has it, which mean nothing one by one. */
const PIECE = /^(?:diffusion_pytorch_model|pytorch_model|model)[.-]/;

/** The part that a file plays, by the names under which such files are published; null for none. */
export function roleOf(path: string): ModelRole | null {
  const name = fileName(path).toLowerCase();
  if (!WEIGHTS.test(name) || PIECE.test(name)) return null;
  if (/clip_?l\b|clip_l_/.test(name)) return "clip_l";
  if (/clip_?g\b|clip_g_/.test(name)) return "clip_g";
  if (/t5_?xxl/.test(name)) return "t5xxl";
  return /^(?:flux[_-]?)?(?:ae|vae)[._-]/.test(name) ? "ae" : "base";
}

export const fileName = (path: string): string => path.split("/").at(-1) ?? path;
