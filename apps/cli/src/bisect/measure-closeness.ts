import { type BisectionView, mapBounded, type RgbImage, UserError } from "@loramill/contracts";
import { closeness, FEATURE_SIDE } from "@loramill/evaluation";
import { readRgb } from "@loramill/imaging";
import type { Client } from "@loramill/sdk";

/** Pictures of the dataset that are compared with. */
const MOST_PICTURES = 64;
const DOWNLOADS_AT_ONCE = 4;
const SIZE = { width: FEATURE_SIDE, height: FEATURE_SIDE, fit: "fill" } as const;

/**
 * How far what a run of a bisection draws is from the pictures that its good LoRA was trained with, with the same prompts and
 * seeds: 1 is as far as what the good one draws, 2 twice as far, 0 a copy. Throws UserError `not-comparable` where there is
 * nothing to compare with.
 */
export async function openCloseness(
  client: Client,
  { good }: Pick<BisectionView, "good">,
): Promise<(run: string) => Promise<number>> {
  const { training } = await client.loras.lineage(good.id);
  if (training?.dataset == null || good.run === null) {
    throw notComparable(`of ${good.name}@${good.version} it is not known what it was trained with`);
  }
  const { items } = await client.datasets.images(training.dataset.digest, { limit: MOST_PICTURES });
  const some = items.slice(0, MOST_PICTURES).map(({ prepared }) => prepared);
  const [dataset, base] = [await read(client, some), await readDrawn(client, good.run)];
  if (base.length === 0) throw notComparable(`${good.run} drew nothing`);
  return async (run) => {
    const lora = await readDrawn(client, run);
    if (lora.length === base.length) return closeness({ dataset, base, lora }).ratio;
    throw notComparable(`${run} drew ${lora.length} pictures, and the good one ${base.length}`);
  };
}

/** In the order of the grid. */
async function readDrawn(client: Client, run: string): Promise<RgbImage[]> {
  const drawn: { readonly index: number; readonly url: string }[] = [];
  let cursor: string | null = null;
  do {
    const page = await client.generations.list({ run, limit: 200, ...(cursor === null ? {} : { cursor }) });
    const clip = page.items.find(({ frames }) => frames !== null);
    if (clip !== undefined) throw notComparable(`${run} draws clips, and closeness is of pictures`);
    drawn.push(...page.items.map(({ index, file }) => ({ index, url: file.url })));
    cursor = page.next;
  } while (cursor !== null);
  const urls = drawn.sort((a, b) => a.index - b.index).map(({ url }) => url);
  return read(client, urls);
}

const read = (client: Client, files: readonly string[]): Promise<RgbImage[]> =>
  mapBounded(files, DOWNLOADS_AT_ONCE, async (file) => readRgb(await client.download(file), { size: SIZE }));

const notComparable = (why: string): UserError =>
  new UserError(`closeness cannot be measured: ${why}; judge by eye (\`loramill bisect good\`, \`bad\`)`, {
    code: "not-comparable",
  });
