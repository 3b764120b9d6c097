import { blobKey, type KnownModel, type ObjectStore } from "@loramill/contracts";
import type { Catalog } from "../catalog.ts";

/** The base models that are written down, with what the store has of their files now. */
export async function knownModels(
  { models }: Pick<Catalog, "models">,
  objects: Pick<ObjectStore, "head">,
): Promise<KnownModel[]> {
  return Promise.all(
    (await models.list()).map(async ({ id, family, files }) => ({
      id,
      family,
      files: await Promise.all(
        files.map(async ({ path, sha256 }) => {
          const info = sha256 === null ? null : await objects.head(blobKey(sha256));
          return { path, stored: sha256 === null || info === null ? null : { sha256, bytes: info.bytes } };
        }),
      ),
    })),
  );
}
