import type { LoraLineage } from "@loramill/contracts";
import { formatCount, formatSeconds, shortId } from "../../lib/format.ts";
import type { Layered } from "../../ui/lay-out-layers.ts";
import { loraHref } from "./lora-address.ts";

/** Something that a LoRA comes from or that came of it, with what it needs. */
export interface LineageNode extends Layered {
  readonly kind: "pictures" | "captions" | "recipe" | "training" | "lora" | "import" | "operation" | "drawn";
  readonly title: string;
  readonly note: string;
  readonly href?: string;
  readonly isSelf?: boolean;
}

const SELF = "self";

/** As many of what a LoRA became, and of the runs that drew with it, are drawn. */
const MOST_CHILDREN = 12;

/** Where a LoRA comes from and what came of it, from left to right. */
export function lineageNodes(lineage: LoraLineage, project?: string): readonly LineageNode[] {
  const { lora, training, from, made, became, generations } = lineage;
  const before = training === null ? nodesOfMaking(lineage, project) : nodesOfTraining(training);
  const needs = before.filter(({ name }) => name === "training" || name === "operation" || name === "import");
  const more = became.length + generations.runs.length - 2 * MOST_CHILDREN;
  return [
    ...before,
    {
      name: SELF,
      needs: needs.length > 0 ? needs.map(({ name }) => name) : from.map(({ id }) => id),
      kind: "lora",
      title: `${lora.name} v${lora.version}`,
      note: more > 0 ? `and ${formatCount(more)} more of it` : (made?.operation ?? "this LoRA"),
      isSelf: true,
    },
    ...became.slice(0, MOST_CHILDREN).map((child): LineageNode => loraNode(child, [SELF], "made of it", project)),
    ...generations.runs.slice(0, MOST_CHILDREN).map(
      ({ run, count }): LineageNode => ({
        name: run,
        needs: [SELF],
        kind: "drawn",
        title: `${formatCount(count)} ${count === 1 ? "picture" : "pictures"}`,
        note: `run ${shortId(run)}`,
        href: `/runs/${run}`,
      }),
    ),
  ];
}

function nodesOfTraining(training: NonNullable<LoraLineage["training"]>): readonly LineageNode[] {
  const { run, backend, dataset, captions, recipe, images, steps, computeSeconds } = training;
  const pictures: LineageNode = {
    name: "pictures",
    needs: [],
    kind: "pictures",
    title: dataset?.name ?? "pictures",
    note: [dataset?.version ? `v${dataset.version}` : "", images === null ? "" : `${formatCount(images)} pictures`]
      .filter(Boolean)
      .join(" · "),
    href: `/runs/${run}?step=dataset`,
  };
  const captioned: readonly LineageNode[] =
    captions === null
      ? []
      : [
          {
            name: "captions",
            needs: ["pictures"],
            kind: "captions",
            title: "captions",
            note: captions.slice(0, 8),
            href: `/runs/${run}?step=caption`,
          },
        ];
  return [
    pictures,
    ...captioned,
    {
      name: "recipe",
      needs: [],
      kind: "recipe",
      title: "recipe",
      note: `${String(recipe.family)}, rank ${String(recipe.rank)}`,
      href: `/training/${run}?tab=recipe`,
    },
    {
      name: "training",
      needs: [captions === null ? "pictures" : "captions", "recipe"],
      kind: "training",
      title: `training on ${backend}`,
      note: `${steps === null ? "" : `${formatCount(steps)} steps, `}${formatSeconds(computeSeconds)}`,
      href: `/training/${run}`,
    },
  ];
}

function nodesOfMaking({ made, from }: LoraLineage, project?: string): readonly LineageNode[] {
  if (made === null) return [];
  if (made.operation === "import" && made.from.length === 0) {
    return [{ name: "import", needs: [], kind: "import", title: "a file", note: "imported" }];
  }
  const known = new Map(from.map((parent) => [parent.document, parent]));
  const parents = made.from.map((parent, index): LineageNode => {
    const there = parent.document === null ? undefined : known.get(parent.document);
    const weight = parent.weight === 1 ? "" : ` × ${parent.weight}`;
    if (there !== undefined) return loraNode(there, [], `goes in${weight}`, project);
    return { name: `from-${index}`, needs: [], kind: "lora", title: parent.name, note: `not in the library${weight}` };
  });
  const operation: LineageNode = {
    name: "operation",
    needs: parents.map(({ name }) => name),
    kind: "operation",
    title: made.operation,
    note: settingsText(made.settings),
  };
  return [...parents, operation];
}

const settingsText = (settings: Readonly<Record<string, unknown>>): string =>
  Object.entries(settings)
    .flatMap(([name, value]) => (typeof value === "object" || name === "kind" ? [] : [`${name} ${String(value)}`]))
    .join(", ");

const loraNode = (
  { id, name, version }: LoraLineage["lora"],
  needs: readonly string[],
  note: string,
  project?: string,
): LineageNode => ({ name: id, needs, kind: "lora", title: `${name} v${version}`, note, href: loraHref(id, project) });
