import { UserError } from "@loramill/contracts";

/** A tag that a model knows; `other` are ratings and what else is not part of a caption. */
export interface Tag {
  readonly name: string;
  readonly kind: "general" | "character" | "other";
}

export interface TagThresholds {
  readonly threshold: number;
  readonly characterThreshold: number;
}

const KINDS: Readonly<Record<string, Tag["kind"]>> = { "0": "general", "4": "character" };
const MAX_TAGS = 200_000;

/** Reads a `selected_tags.csv`: a header with `name` and `category` (0 general, 4 character, 9 rating), a tag a row. */
export function parseTags(csv: string): Tag[] {
  const [header = "", ...rows] = csv.replace(/^\uFEFF/, "").split(/\r?\n/);
  const columns = splitRow(header);
  const [name, category] = [columns.indexOf("name"), columns.indexOf("category")];
  if (name < 0 || category < 0) throw badTags("its first line names no columns name and category");
  const tags = rows
    .filter((row) => row.trim() !== "")
    .map((row): Tag => {
      const cells = splitRow(row);
      return { name: readable(cells[name] ?? ""), kind: KINDS[cells[category] ?? ""] ?? "other" };
    });
  if (tags.length === 0 || tags.length > MAX_TAGS) throw badTags(`it lists ${tags.length} tags`);
  return tags;
}

/** Cells of a row; quoted ones may hold commas and doubled quotes. */
function splitRow(row: string): string[] {
  return [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    (quoted?.replaceAll('""', '"') ?? plain ?? "").trim(),
  );
}

/** Underscores are spaces, except in faces such as `>_<` and `o_o`, which have no two letters in a row. */
function readable(name: string): string {
  return /\p{L}{2}/u.test(name) ? name.replaceAll("_", " ") : name;
}

/** Names of characters, then general tags, each the surest first. Scores that are no shares of 1 are taken for logits. */
export function chooseTags(
  scores: Float32Array,
  tags: readonly Tag[],
  { threshold, characterThreshold }: TagThresholds,
): string[] {
  const areLogits = scores.some((score) => score < 0 || score > 1);
  const sure = tags
    .map(({ name, kind }, at) => {
      const score = scores[at] ?? 0;
      return { name, kind, score: areLogits ? 1 / (1 + Math.exp(-score)) : score };
    })
    .filter(({ name }) => name !== "");
  const above = (kind: Tag["kind"], least: number) =>
    sure
      .filter((tag) => tag.kind === kind && tag.score >= least)
      .sort((a, b) => b.score - a.score)
      .map(({ name }) => name);
  return [...above("character", characterThreshold), ...above("general", threshold)];
}

function badTags(why: string): UserError {
  return new UserError(`the list of WD_TAGGER_TAGS is no selected_tags.csv: ${why}`, { code: "bad-tagger" });
}
