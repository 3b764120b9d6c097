/** Something that is drawn in a graph, by what it needs. */
export interface Layered {
  /** Unique in its graph; what `needs` names. */
  readonly name: string;
  readonly needs: readonly string[];
}

/** Where it stands: column 0 needs nothing; what is in a column follows the order of what it needs. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

/**
 * Places nodes in layers: each one column after the last of those that it needs, so that all lines go to the right.
 * There may be no cycles; names that are not there are overlooked.
 */
export function layOutLayers<Node extends Layered>(nodes: readonly Node[]): readonly (Node & Place)[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const columns = new Map<string, number>();
  const columnOf = (node: Node): number => {
    const known = columns.get(node.name);
    if (known !== undefined) return known;
    columns.set(node.name, 0);
    const before = node.needs.map((name) => byName.get(name)).filter((need) => need !== undefined);
    const column = Math.max(-1, ...before.map(columnOf)) + 1;
    columns.set(node.name, column);
    return column;
  };
  const placed = new Map<string, Node & Place>();
  const layers = [...Map.groupBy(nodes, columnOf)].sort(([a], [b]) => a - b);
  for (const [column, layer] of layers) {
    const meanRow = ({ needs }: Node): number => {
      const rows = needs.flatMap((name) => placed.get(name)?.row ?? []);
      return rows.reduce((sum, row) => sum + row, 0) / (rows.length || 1);
    };
    const ordered = layer.map((node) => ({ node, mean: meanRow(node) })).sort((a, b) => a.mean - b.mean);
    for (const [row, { node }] of ordered.entries()) placed.set(node.name, { ...node, column, row });
  }
  return nodes.flatMap(({ name }) => placed.get(name) ?? []);
}
