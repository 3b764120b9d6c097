import { digestPack, type WantedFile } from "@loramill/compute";
import { Digest, layOutPack, PACK_NAME, type PicturePack, type Stores, toErrorRecord } from "@loramill/contracts";

const MEMO_KIND = "picture-pack";

/** Which datasets a volume is to hold, and which have no room beside the rest. */
export interface ChosenDatasets {
  readonly files: readonly WantedFile[];
  readonly tooLarge: Digest[];
  /** Whose pictures cannot be had from the store now, and why. */
  readonly unreadable: { readonly dataset: Digest; readonly message: string }[];
}

/**
 * The prepared pictures of datasets, those of each as one pack: a file costs about ten requests, however small it is. Each that is
 * new is read once for the digest of its pack, which is remembered.
 */
export async function chooseDatasets(
  wanted: readonly Digest[],
  stores: Pick<Stores, "objects" | "documents" | "memos">,
  { roomBytes, signal }: { readonly roomBytes: number; readonly signal: AbortSignal },
): Promise<ChosenDatasets> {
  const files: WantedFile[] = [];
  const tooLarge: Digest[] = [];
  const unreadable: { dataset: Digest; message: string }[] = [];
  let room = roomBytes;
  for (const dataset of wanted) {
    try {
      const pack = await packOf(dataset, stores, signal);
      if (files.some((file) => file.pack?.pictures === pack.pictures)) continue;
      if (pack.bytes > room) {
        tooLarge.push(dataset);
        continue;
      }
      files.push({ sha256: await digestOnce(pack, stores, signal), bytes: pack.bytes, name: PACK_NAME, pack });
      room -= pack.bytes;
    } catch (error) {
      signal.throwIfAborted();
      const { class: kind, message } = toErrorRecord(error);
      if (kind === "bug") throw error;
      unreadable.push({ dataset, message });
    }
  }
  return { files, tooLarge, unreadable };
}

async function packOf(
  dataset: Digest,
  { documents }: Pick<Stores, "documents">,
  signal: AbortSignal,
): Promise<PicturePack> {
  const pictures: { sha256: Digest; bytes: number }[] = [];
  for (const part of (await documents.get("dataset", dataset)).parts) {
    signal.throwIfAborted();
    const { images } = await documents.get("dataset-part", part);
    pictures.push(...images.map(({ prepared }) => prepared.blob));
  }
  return layOutPack(pictures);
}

async function digestOnce(
  pack: PicturePack,
  { objects, memos }: Pick<Stores, "objects" | "memos">,
  signal: AbortSignal,
): Promise<Digest> {
  const known = Digest.safeParse(await memos.find(MEMO_KIND, pack.pictures));
  if (known.success) return known.data;
  const sha256 = await digestPack(objects, pack, signal);
  await memos.put(MEMO_KIND, pack.pictures, sha256);
  return sha256;
}
