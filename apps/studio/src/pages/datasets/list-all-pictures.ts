import type { DatasetImageView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";

/** Every picture of a version, without links. */
export async function listAllPictures(
  client: Client,
  dataset: string,
  signal: AbortSignal,
): Promise<readonly DatasetImageView[]> {
  const images: DatasetImageView[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Awaited<ReturnType<Client["datasets"]["images"]>> = await client.datasets.images(dataset, {
      ...(cursor === "" ? {} : { cursor }),
      signal,
    });
    images.push(...page.items);
    cursor = page.next;
  }
  return images;
}
