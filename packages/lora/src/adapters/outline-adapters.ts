import { UserError } from "@loramill/contracts";
import type { AdapterKind, AdapterOutline, AdapterPart, TensorOutline } from "./adapter.ts";
import { foreignKind, parseAdapterKey } from "./adapter-keys.ts";
import { type Dialect, dialectOf } from "./dialects.ts";

export interface OutlinedAdapters<T extends TensorOutline> {
  /** In the order of their first tensors, with modules named as the file names them. */
  readonly adapters: readonly AdapterOutline<T>[];
  /** What most modules are written in; null when there are none. */
  readonly dialect: Dialect | null;
  /** Tensors that are no parts of adapters, by name. */
  readonly rest: ReadonlyMap<string, T>;
}

/**
 * Sorts a file's tensors into adapters by their names. Throws UserError `unsupported-adapter` for kinds that are known
 * and cannot be read (OFT, GLoRA), and `bad-adapter` when two tensors claim to be the same part.
 */
export function outlineAdapters<T extends TensorOutline>(tensors: ReadonlyMap<string, T>): OutlinedAdapters<T> {
  const byStem = new Map<string, Partial<Record<AdapterPart, T>>>();
  const rest = new Map<string, T>();
  const votes = new Map<Dialect, number>();
  for (const [name, tensor] of tensors) {
    const foreign = foreignKind(name);
    if (foreign !== null) throw unsupported(name, foreign);
    const key = parseAdapterKey(name);
    if (key === null) {
      rest.set(name, tensor);
      continue;
    }
    const parts = byStem.get(key.stem) ?? {};
    if (parts[key.part] !== undefined) {
      throw new UserError(`two tensors are the ${key.part} of ${key.stem}, one of them ${name}`, {
        code: "bad-adapter",
        details: { module: key.stem },
      });
    }
    byStem.set(key.stem, Object.assign(parts, { [key.part]: tensor }));
    const dialect = dialectOf(key.stem, key.spelling);
    votes.set(dialect, (votes.get(dialect) ?? 0) + 1);
  }
  const adapters = [...byStem].map(([module, parts]): AdapterOutline<T> => {
    const kind = kindOf(parts);
    return { module, kind, rank: rankOf(kind, parts), tensors: parts };
  });
  const dialect = [...votes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
  return { adapters, dialect, rest };
}

function unsupported(name: string, kind: string): UserError {
  return new UserError(`this file holds ${kind} adapters (${name}), which cannot be read`, {
    code: "unsupported-adapter",
    details: { kind },
  });
}

type Parts = Partial<Record<AdapterPart, TensorOutline>>;

function kindOf(parts: Parts): AdapterKind {
  const names = Object.keys(parts);
  if (names.some((part) => part.startsWith("hada_"))) return "loha";
  if (names.some((part) => part.startsWith("lokr_"))) return "lokr";
  return parts.down !== undefined || parts.up !== undefined ? "lora" : "full";
}

function rankOf(kind: AdapterKind, parts: Parts): number {
  const rows = (part: AdapterPart) => parts[part]?.shape[0];
  const columns = (part: AdapterPart) => parts[part]?.shape[1];
  switch (kind) {
    case "lora":
      return rows("down") ?? columns("up") ?? 0;
    case "loha":
      return rows("hada_w1_b") ?? 0;
    case "lokr":
      // Where both factors are decomposed, loaders take the rank of the second.
      return rows("lokr_w2_b") ?? rows("lokr_w1_b") ?? 0;
    case "full":
      return 0;
  }
}
