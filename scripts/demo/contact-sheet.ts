import { createCanvas, encodeImage, type Ink, LETTER, readRgb, wrapText } from "@loramill/imaging";
import { type DrawnImage, strengthOf } from "./measure-closeness.ts";

const SIDE = 64;
const SCALE = 2;
const CELL = SIDE * SCALE;
const GAP = 8;
const LABELS = 190;
const PAPER: Ink = [250, 248, 244];
const INK: Ink = [40, 38, 46];
const FAINT: Ink = [130, 126, 138];

/** Rows: some of the dataset, then for each prompt the base model and the LoRA at its strengths, one seed a column. */
export async function drawContactSheet(parts: {
  dataset: readonly Uint8Array[];
  generations: readonly DrawnImage[];
  strengths: readonly number[];
}): Promise<Uint8Array> {
  const prompts = [...new Set(parts.generations.map(({ generation }) => generation.prompt))];
  const columns = new Set(parts.generations.map(({ generation }) => generation.seed)).size;
  const rows = [
    { label: "dataset", note: `${parts.dataset.length} pictures`, pngs: parts.dataset.slice(0, columns) },
    ...prompts.flatMap((prompt) =>
      parts.strengths.map((strength, place) => ({
        label: strength === 0 ? "base model" : `LoRA ${strength.toFixed(1)}`,
        note: place === 0 ? prompt : "",
        pngs: parts.generations
          .filter((drawn) => drawn.generation.prompt === prompt && strengthOf(drawn) === strength)
          .map(({ png }) => png),
      })),
    ),
  ];
  const sheet = createCanvas(LABELS + columns * (CELL + GAP) + GAP, rows.length * (CELL + GAP) + GAP, PAPER);
  for (const [row, { label, note, pngs }] of rows.entries()) {
    const top = GAP + row * (CELL + GAP);
    sheet.write(label, GAP, top + 8, INK);
    for (const [line, words] of wrapText(note, 28, 9).entries()) {
      sheet.write(words, GAP, top + 34 + line * (LETTER.height + 4), FAINT, 1);
    }
    for (const [column, png] of pngs.entries()) {
      const picture = await readRgb(png, { size: { width: SIDE, height: SIDE, fit: "fill" } });
      sheet.place(picture, LABELS + column * (CELL + GAP), top, SCALE);
    }
  }
  return encodeImage(sheet, "png");
}
