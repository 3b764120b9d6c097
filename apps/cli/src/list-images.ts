import type { DatasetImageView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";

/** Every picture of a version, whatever the number of pages. */
export async function listImages(client: Client, dataset: string): Promise<DatasetImageView[]> {
  const images: DatasetImageView[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await client.datasets.images(dataset, cursor === undefined ? {} : { cursor });
    images.push(...items);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return images;
}
