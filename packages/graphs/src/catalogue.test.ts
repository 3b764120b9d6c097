import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GenerationSpec } from "@loramill/contracts";
import { comfyUiObjectInfo } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { catalogue, type Known, names } from "../test/catalogue.ts";
import { meaningOf } from "../test/meaning.ts";
import { buildGraph } from "./build-graph.ts";
import { checkGraph } from "./check/check-graph.ts";
import { readNodeClasses } from "./check/node-classes.ts";
import { checkSpec } from "./spec/check-spec.ts";

const classes = readNodeClasses(comfyUiObjectInfo({ models: {}, folders: [] }));
const build = ({ spec, names: own }: Known) => buildGraph(GenerationSpec.parse(spec), { ...names, ...own });
const expected = join(import.meta.dirname, "..", "test", "expected");

/** The graphs that ComfyUI 0.33.0 was seen to take, which are not part of this repository. */
const references =
  process.env.COMFYUI_GRAPHS_DIR ?? join(import.meta.dirname, "../../../../shared/reference/comfyui-graphs");
const hasReferences = existsSync(references);
if (!hasReferences) console.warn(`reference graphs: SKIPPED, there is no ${references}; set COMFYUI_GRAPHS_DIR`);

/** One node a line: what differs is seen at once. */
const pretty = (graph: object): string =>
  `{\n${Object.entries(graph)
    .map(([id, { class_type: type, inputs }]) => `  "${id}": ${JSON.stringify({ class_type: type, inputs })}`)
    .join(",\n")}\n}\n`;

describe.each(Object.entries(catalogue))("the graph %s", (name, known) => {
  it("comes from a spec, passes the strict check and stays as it is", async () => {
    const spec = GenerationSpec.parse(known.spec);
    expect(checkSpec(spec).filter(({ severity }) => severity === "error")).toEqual([]);
    const { graph, outputs } = build(known);
    expect(checkGraph(graph, classes, { filesUnknown: true })).toEqual([]);
    expect(outputs.map(({ index }) => index)).toEqual([...outputs.keys()]);
    for (const { node } of outputs) expect(graph[node]).toBeDefined();
    await expect(pretty(graph)).toMatchFileSnapshot(join(expected, `${name}.json`));
  });

  it.runIf(hasReferences)("is the reference graph but for the ids of its nodes", () => {
    const reference = JSON.parse(readFileSync(join(references, `${name}.json`), "utf8"));
    for (const [id, inputs] of Object.entries(known.corrections ?? {})) Object.assign(reference[id].inputs, inputs);
    const plain = JSON.parse(JSON.stringify(reference));
    expect(meaningOf(build(known).graph, classes)).toEqual(meaningOf(plain, classes));
  });
});
