import type { DrawnSpec } from "@loramill/contracts";
import type { Family, Usual } from "./family.ts";
import { flux } from "./flux.ts";
import { pocket } from "./pocket.ts";
import { sd15, sdxl } from "./sd.ts";
import { sd3 } from "./sd3.ts";
import { wan } from "./wan.ts";

/** Every variant of every family; the first of a family is its usual one. */
export const families: readonly Family[] = [pocket, sd15, sdxl, ...sd3, ...flux, ...wan];

/** The variant that a spec draws with; null for one that its family does not have. */
export function findFamily(spec: Pick<DrawnSpec, "kind" | "model">): Family | null {
  const own = families.filter(({ name }) => name === spec.model.family);
  const { variant } = spec.model;
  if (variant !== undefined) {
    // Wan 2.1 comes in one size here, whose name may be said.
    if (spec.model.family === "wan21" && variant === "14b") return own[0] ?? null;
    return own.find((family) => family.variant === variant) ?? null;
  }
  // Flux has a model for nothing but filling masks.
  const prefersFill = spec.kind === "inpaint" && "method" in spec && ["auto", "fill"].includes(String(spec.method));
  return (prefersFill ? own.find((family) => family.variant === "fill") : undefined) ?? own[0] ?? null;
}

/** What a family draws a kind with where the spec leaves it open. */
export function usualOf(family: Family, kind: DrawnSpec["kind"]): Usual {
  const { files, sampling, ...own } = family.kinds[kind] ?? {};
  return {
    ...family.usual,
    ...own,
    files: { ...family.usual.files, ...files },
    sampling: { ...family.usual.sampling, ...sampling },
  };
}

/** Whether prompts are read from a chosen layer of CLIP. */
export const skipsLayers = ({ name }: Family): boolean => name === "sd15" || name === "sdxl";
