import { BundlePart, canonicalJson, Digest, digestOf, UserError } from "@loramill/contracts";
import { z } from "zod";
import { badBundle } from "./bad-bundle.ts";

export const MANIFEST_PATH = "manifest.json";
const FORMAT = "loramill-bundle/1";

/** Records for programs, and the text for people, of which a bundle has what its kind needs. */
const FIXED = ["README.txt", "run.json", "spec.json", "plan.lock.json", "events.jsonl", "library.json"] as const;
const PATH = new RegExp(
  `^(?:${FIXED.map((name) => name.replaceAll(".", "\\.")).join("|")}|documents/[a-z-]{1,32}/[0-9a-f]{64}\\.json|blobs/[0-9a-f]{64})$`,
);

export const BundleEntry = z.strictObject({
  path: z.string().regex(PATH, "is no path of a bundle"),
  bytes: z.int().min(0),
  sha256: Digest,
});
export type BundleEntry = z.output<typeof BundleEntry>;

/**
 * The first entry of a bundle: what it holds, in the order in which it holds it. Because it comes first, a reader knows of
 * every byte that follows what it has to be, and has to trust nothing in between.
 */
export const BundleManifest = z.strictObject({
  format: z.literal(FORMAT),
  kind: z.enum(["run", "project"]),
  /** Of the run, or of the project. */
  name: z.string().min(1).max(100),
  /** Program and version that wrote it, such as `loramill 0.1.0`. */
  writtenBy: z.string().min(1).max(100),
  without: z.array(BundlePart),
  entries: z.array(BundleEntry).max(4_000_000),
  /** SHA-256 over the canonical JSON of all other fields. */
  digest: Digest,
});
export type BundleManifest = z.output<typeof BundleManifest>;

/** A manifest with its digest, its entries in the only order they may have. Throws RangeError for a path that is twice. */
export function makeManifest(
  facts: Pick<BundleManifest, "kind" | "name" | "writtenBy" | "without" | "entries">,
): BundleManifest {
  const entries = [...facts.entries].sort(byPlace);
  const twice = entries.find(({ path }, at) => path === entries[at - 1]?.path);
  if (twice !== undefined) throw new RangeError(`a bundle holds ${twice.path} once`);
  const manifest = { format: FORMAT, ...facts, without: [...facts.without].sort(), entries } as const;
  return { ...manifest, digest: digestOf(manifest) };
}

export const manifestBytes = (manifest: BundleManifest): Buffer => Buffer.from(canonicalJson(manifest));

/**
 * Reads a manifest as strictly as it is written: canonical JSON, its own digest, entries in their order and once. Throws
 * UserError `bad-bundle`, and `unknown-bundle` for one of a later program.
 */
export function readManifest(bytes: Uint8Array): BundleManifest {
  const value = parseJson(bytes);
  const { format } = z
    .looseObject({ format: z.string().max(64).optional() })
    .catch({})
    .parse(value);
  if (format !== undefined && format !== FORMAT && format.startsWith("loramill-bundle/")) {
    throw new UserError(`this bundle is in the format ${format}, and ${FORMAT} is read here: take a newer loramill`, {
      code: "unknown-bundle",
    });
  }
  const parsed = BundleManifest.safeParse(value);
  if (!parsed.success) throw badBundle(`its manifest is none: ${z.prettifyError(parsed.error).slice(0, 400)}`);
  const { digest, ...rest } = parsed.data;
  if (digestOf(rest) !== digest) throw badBundle("its manifest was changed: it has another digest than it says");
  if (!manifestBytes(parsed.data).equals(bytes)) throw badBundle("its manifest is not written as it has to be");
  if (parsed.data.without.some((part, at, parts) => at > 0 && part <= (parts[at - 1] ?? "")))
    throw badBundle("what it leaves out is not in order");
  const wrong = parsed.data.entries.findIndex((entry, at, entries) => {
    const before = entries[at - 1];
    return before !== undefined && byPlace(before, entry) >= 0;
  });
  if (wrong >= 0) throw badBundle(`${parsed.data.entries[wrong]?.path} stands in the wrong place of its manifest`);
  const named = parsed.data.entries.find(({ path, sha256 }) => nameOf(path) !== null && nameOf(path) !== sha256);
  if (named !== undefined) throw badBundle(`${named.path} is named by another digest than it has`);
  return parsed.data;
}

/** The digest that names a document or a blob; null for an entry that is named by what it is. */
const nameOf = (path: string): string | null => /([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1] ?? null;

/** Records first, then documents, then blobs: by what is small, what cannot be right is known before the large comes. */
function byPlace(a: BundleEntry, b: BundleEntry): number {
  const place = ({ path }: BundleEntry) => {
    const fixed = FIXED.indexOf(path as (typeof FIXED)[number]);
    if (fixed >= 0) return fixed;
    return path.startsWith("documents/") ? FIXED.length : FIXED.length + 1;
  };
  return place(a) - place(b) || (a.path < b.path ? -1 : Number(a.path > b.path));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw badBundle("its manifest is no JSON", error);
  }
}
