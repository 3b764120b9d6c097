import { type GenerationGrid, PermanentError } from "@loramill/contracts";

/** One cell of the grid of prompts, seeds and strengths. */
export interface GridItem {
  readonly index: number;
  readonly prompt: string;
  readonly seed: number;
  readonly strength: number;
}

export function gridSize({ prompts, seeds, strengths }: GenerationGrid): number {
  return prompts.length * seeds.length * strengths.length;
}

/** The cells `from` to `to` (exclusive): strengths vary fastest, then seeds, then prompts. */
export function gridItems(grid: GenerationGrid, from: number, to: number): GridItem[] {
  const { prompts, seeds, strengths } = grid;
  if (from >= to || to > gridSize(grid)) {
    throw new PermanentError(
      `The grid has ${gridSize(grid)} pictures, the job asks for ${from} to ${to}: plan the run again`,
      {
        code: "outside-grid",
      },
    );
  }
  return Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset;
    const strength = strengths[index % strengths.length] ?? 0;
    const seed = seeds[Math.floor(index / strengths.length) % seeds.length] ?? 0;
    const prompt = prompts[Math.floor(index / (strengths.length * seeds.length))] ?? "";
    return { index, prompt, seed, strength };
  });
}
