import { type GenerationGrid, gridSize, type Json } from "@loramill/contracts";

/** Where the items of a run's grid are shown: by row and column, the item's place in the grid. */
export interface GridLayout {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly label: string; readonly items: readonly number[] }[];
  /** What could be in the columns: everything that varies. */
  readonly choices: readonly string[];
}

interface Dimension {
  readonly name: string;
  readonly labels: readonly string[];
  /** How far apart in the grid two items are that differ in this by one. */
  readonly stride: number;
}

/** Larger grids are shown as they come, without labels. */
const MAX_ITEMS = 600;

/**
 * Everything that varies, one thing in columns (`inColumns`, else what varies fastest) and every combination of the others
 * in rows. Null where nothing varies or there is too much.
 */
export function layOutGrid(grid: GenerationGrid, inColumns: string): GridLayout | null {
  if (gridSize(grid) > MAX_ITEMS) return null;
  const varying = dimensionsOf(grid).filter(({ labels }) => labels.length > 1);
  const across = varying.find(({ name }) => name === inColumns) ?? varying[0];
  if (across === undefined) return null;
  const down = varying.filter((each) => each !== across).toReversed();
  const rows = down.reduce<readonly { readonly labels: readonly string[]; readonly start: number }[]>(
    (before, { labels, stride }) =>
      before.flatMap((row) =>
        labels.map((label, at) => ({ labels: [...row.labels, label], start: row.start + at * stride })),
      ),
    [{ labels: [], start: 0 }],
  );
  return {
    columns: across.labels,
    rows: rows.map(({ labels, start }) => ({
      label: labels.join(" · "),
      items: across.labels.map((_, at) => start + at * across.stride),
    })),
    choices: varying.map(({ name }) => name),
  };
}

/** From what varies fastest to what varies slowest, as `gridItem` counts. */
function dimensionsOf({ axes, prompts, seeds, strengths }: GenerationGrid): Dimension[] {
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ["strength", strengths.map((strength) => (strength === 0 ? "no LoRA" : `strength ${strength}`))],
    ["seed", seeds.map((seed) => `seed ${seed}`)],
    ["prompt", prompts.map((prompt) => (typeof prompt === "string" ? prompt : prompt.text))],
    ...axes.toReversed().map(({ field, values }) => {
      const name = shortField(field);
      return [name, values.map((value) => `${name} ${shortValue(value)}`)] as const;
    }),
  ];
  let stride = 1;
  return lists.map(([name, labels]) => {
    const dimension = { name, labels, stride };
    stride *= labels.length;
    return dimension;
  });
}

/** `sampling.steps` is steps, `loras.1.lora` is lora. */
const shortField = (field: string): string => field.split(".").at(-1) ?? field;

function shortValue(value: Json | undefined): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replace(/^sha256:([0-9a-f]{8})[0-9a-f]{56}$/, "$1");
}
