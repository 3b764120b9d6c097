/** A step of a plan, as far as drawing it goes. */
export interface GraphStep {
  readonly name: string;
  readonly needs: readonly string[];
}

/** Where a step stands: column 0 needs nothing; a column's steps follow the order of what they need. */
export interface PlacedStep extends GraphStep {
  readonly column: number;
  readonly row: number;
}

/**
 * Places steps in layers: each one column after the last of those that it needs, so that all lines go to the right.
 * Plans have no cycles; names that are not there are overlooked.
 */
export function layoutSteps(steps: readonly GraphStep[]): readonly PlacedStep[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const columns = new Map<string, number>();
  const columnOf = (step: GraphStep): number => {
    const known = columns.get(step.name);
    if (known !== undefined) return known;
    columns.set(step.name, 0);
    const before = step.needs.map((name) => byName.get(name)).filter((need) => need !== undefined);
    const column = Math.max(-1, ...before.map(columnOf)) + 1;
    columns.set(step.name, column);
    return column;
  };
  const placed = new Map<string, PlacedStep>();
  const layers = [...Map.groupBy(steps, columnOf)].sort(([a], [b]) => a - b);
  for (const [column, layer] of layers) {
    const meanRow = ({ needs }: GraphStep): number => {
      const rows = needs.flatMap((name) => placed.get(name)?.row ?? []);
      return rows.reduce((sum, row) => sum + row, 0) / (rows.length || 1);
    };
    const ordered = layer.map((step) => ({ step, mean: meanRow(step) })).sort((a, b) => a.mean - b.mean);
    for (const [row, { step }] of ordered.entries()) placed.set(step.name, { ...step, column, row });
  }
  return steps.flatMap(({ name }) => placed.get(name) ?? []);
}
