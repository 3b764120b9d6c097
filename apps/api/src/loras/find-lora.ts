import type { Catalog, LibraryLora } from "@loramill/catalog";
import { type LoraProjectQuery, nearNames, type ProjectId, UserError } from "@loramill/contracts";
import type { z } from "zod";
import { type Caller, projectNameOf } from "../auth.ts";

/** What a request names a LoRA by. */
export interface AskedLora {
  readonly params: { readonly lora: string };
  readonly query: z.output<typeof LoraProjectQuery>;
  readonly caller: Caller;
}

/** The project that a caller who reads means by its name. */
export function loraProject(catalog: Pick<Catalog, "projects">, caller: Caller, asked = "default"): Promise<ProjectId> {
  return catalog.projects.idOf(projectNameOf(caller, asked));
}

/** The LoRA that a request names. Throws UserError `lora-not-found` with names like it. */
export async function findLora(
  catalog: Pick<Catalog, "loras" | "projects">,
  { params, query, caller }: AskedLora,
  deleted = false,
): Promise<LibraryLora> {
  const project = await loraProject(catalog, caller, query.project);
  const row = await catalog.loras.find({ project, lora: params.lora, deleted });
  if (row !== null) return row;
  const near = deleted ? [] : nearNames(params.lora, await catalog.loras.names({ project }));
  const advice = near.length === 0 ? "`loramill lora list` shows what is there" : `did you mean ${near.join(" or ")}?`;
  throw new UserError(`there is no ${deleted ? "deleted " : ""}LoRA ${params.lora}; ${advice}`, {
    code: "lora-not-found",
    details: { near },
  });
}
