import type { GenerationGrid, GridPrompt, Json } from "@loramill/contracts";

/** Where the items of a grid lie on a sheet, and what is written beside them. */
export interface SheetPlan {
  /** Labels above the columns and beside the rows; none where every picture has its own. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** By row and column: the item's place in the grid, and its own label. */
  readonly cells: readonly (readonly { readonly index: number; readonly caption: string | null }[])[];
}

/** Something that the items of a grid differ in. */
interface Dimension {
  readonly isText: boolean;
  readonly labels: readonly string[];
}

/** A single row longer than this is broken. */
const MAX_COLUMNS = 12;

/**
 * What varies fastest goes into columns, everything else into rows; what does not vary is not shown. Where one thing alone
 * varies and does not fit a row, or is a prompt, the pictures lie side by side with a label each.
 */
export function planSheet(grid: GenerationGrid): SheetPlan {
  const varying = dimensionsOf(grid).filter(({ labels }) => labels.length > 1);
  const fastest = varying.at(-1);
  const [only] = varying;
  if (fastest === undefined || only === undefined) {
    return { columns: [""], rows: [[]], cells: [[{ index: 0, caption: null }]] };
  }
  if (varying.length === 1 && (only.isText || only.labels.length > MAX_COLUMNS)) return sideBySide(only.labels);
  const slower = varying.slice(0, -1);
  const columns = fastest.labels;
  const rows = combine(slower.map(({ labels }) => labels));
  const cells = rows.map((_, row) =>
    columns.map((_, column) => ({ index: row * columns.length + column, caption: null })),
  );
  return { columns, rows, cells };
}

function sideBySide(labels: readonly string[]): SheetPlan {
  const width = Math.min(MAX_COLUMNS, Math.ceil(Math.sqrt(labels.length)));
  const cells = labels.map((caption, index) => ({ index, caption }));
  const height = Math.ceil(labels.length / width);
  const rows = Array.from({ length: height }, (_, row) => cells.slice(row * width, (row + 1) * width));
  return { columns: [], rows: [], cells: rows };
}

/** From what varies slowest to what varies fastest, as `gridItem` counts. */
function dimensionsOf({ axes, prompts, seeds, strengths }: GenerationGrid): Dimension[] {
  return [
    ...axes.map(({ field, values }) => ({
      isText: false,
      labels: values.map((value) => `${shortField(field)} ${shortValue(value)}`),
    })),
    { isText: true, labels: prompts.map(promptLabel) },
    { isText: false, labels: seeds.map((seed) => `seed ${seed}`) },
    { isText: false, labels: strengths.map((strength) => (strength === 0 ? "no LoRA" : `LoRA ${strength}`)) },
  ];
}

/** Every combination, the last list varying fastest; one empty combination of no lists. */
function combine(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>(
    (rows, labels) => rows.flatMap((row) => labels.map((label) => [...row, label])),
    [[]],
  );
}

function promptLabel(prompt: string | GridPrompt): string {
  if (typeof prompt === "string") return prompt;
  const loras = (prompt.loras ?? []).map(({ lora, strength }) => `${lora} ${strength}`);
  return [prompt.text, ...loras].join(", ");
}

/** `sampling.steps` is steps; places in lists keep their whole path. */
const shortField = (field: string): string => (/\d/.test(field) ? field : (field.split(".").at(-1) ?? field));

function shortValue(value: Json | undefined): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replace(/^sha256:([0-9a-f]{8})[0-9a-f]{56}$/, "$1");
}
