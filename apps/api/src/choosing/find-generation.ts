import type { Catalog, LibraryGeneration } from "@loramill/catalog";
import { UserError } from "@loramill/contracts";
import type { Caller } from "../auth.ts";

/** A generation by its id or by the SHA-256 of its file. Throws UserError `generation-not-found`. */
export async function findGeneration(
  { generations }: Pick<Catalog, "generations">,
  id: string,
  { project }: Caller,
): Promise<LibraryGeneration> {
  const row = /^[0-9a-f]{64}$/.test(id)
    ? await generations.byFile({ sha256: id, project: project?.id })
    : await generations.get({ id, project: project?.id });
  if (row !== null) return row;
  throw new UserError(`there is no generation ${id}; GET /v1/generations lists them`, { code: "generation-not-found" });
}
