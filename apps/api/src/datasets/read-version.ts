import { z } from "zod";
import type { Caller } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import { findDataset } from "./find-dataset.ts";

export const DatasetParams = z.object({
  dataset: z
    .string()
    .min(1)
    .max(170)
    .describe("Name (the newest version), name@digest, digest or id; digests may be cut short"),
});

/** Finds and reads the versions that requests name, in the project of who asks. */
export function createVersionReader({ catalog, stores }: Pick<ApiDeps, "catalog" | "stores">) {
  const find = (dataset: string, caller: Caller) => findDataset(catalog, { dataset, project: caller.project?.id });
  const read = async (dataset: string, caller: Caller) => {
    const row = await find(dataset, caller);
    return { row, manifest: await stores.documents.get("dataset", row.digest) };
  };
  return { find, read };
}
