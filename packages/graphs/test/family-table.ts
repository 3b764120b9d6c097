import { families, usualOf } from "../src/families/families.ts";
import type { Family } from "../src/families/family.ts";

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** What is usual for each family and kind of clip, in Markdown; kinds that are as the family's pictures have no line. */
export function familyTable(): string {
  const head = ["family", "kind", "size", "multiples of", "steps", "guidance", "sampler, scheduler", "shift", "frames"];
  const lines = families.flatMap((family) => {
    const kinds = Object.keys(family.kinds) as (keyof Family["kinds"])[];
    const own = kinds.filter((kind) => Object.keys(family.kinds[kind] ?? {}).some((field) => field !== "files"));
    return [line(family, null), ...own.map((kind) => line(family, kind))];
  });
  return [row(head), row(head.map(() => "---")), ...lines].join("\n");
}

function line(family: Family, kind: keyof Family["kinds"] | null): string {
  const { sampling, width, height, frames, fps } = kind === null ? family.usual : usualOf(family, kind as "inpaint");
  const { steps, guidance, distilledGuidance, sampler, scheduler, shift } = sampling;
  const step = family.frameStep === null ? "" : `, always ${family.frameStep}n + 1`;
  return row([
    kind === null ? `${family.name} ${family.variant ?? ""}`.trim() : "",
    kind ?? "",
    `${width} × ${height}`,
    String(family.sideStep),
    String(steps),
    distilledGuidance === undefined ? String(guidance) : `${guidance}, distilled ${distilledGuidance}`,
    `${sampler} ${scheduler}`,
    shift === undefined ? (family.shifting === "by-size" ? "by size" : "") : String(shift),
    frames === 1 ? "" : `${frames} at ${fps}/s${step}`,
  ]);
}
