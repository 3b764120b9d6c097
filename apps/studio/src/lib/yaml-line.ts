import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

/** The line of a YAML text, from 1, that has a field such as `train.recipe.rank`, or what is nearest around it; null for none. */
export function yamlLine(text: string, field: string): number | null {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines });
  let node: unknown = contents;
  let at: number | undefined;
  for (const name of field.split(".")) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
      if (pair === undefined) break;
      at = isScalar(pair.key) ? pair.key.range?.[0] : at;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(name)];
      const { range } = (node ?? {}) as { range?: readonly number[] | null };
      at = range?.[0] ?? at;
    } else break;
  }
  return at === undefined ? null : lines.linePos(at).line;
}
