import { expect, test } from "vitest";
import { layOutLayers } from "./lay-out-layers.ts";

const place = (nodes: Record<string, string[]>) =>
  Object.fromEntries(
    layOutLayers(Object.entries(nodes).map(([name, needs]) => ({ name, needs }))).map(({ name, column, row }) => [
      name,
      [column, row],
    ]),
  );

test("a chain is one line", () => {
  expect(place({ source: [], prepare: ["source"], dataset: ["prepare"] })).toEqual({
    source: [0, 0],
    prepare: [1, 0],
    dataset: [2, 0],
  });
});

test("a node stands after the last of those it needs, and beside others that need the same", () => {
  const places = place({ a: [], b: [], fromB: ["b"], fromA: ["a"], all: ["a", "fromA", "fromB"] });
  expect(places).toEqual({ a: [0, 0], b: [0, 1], fromA: [1, 0], fromB: [1, 1], all: [2, 0] });
});

test("a node that needs what is not there has a place all the same", () => {
  expect(place({ lonely: ["gone"] })).toEqual({ lonely: [0, 0] });
});
