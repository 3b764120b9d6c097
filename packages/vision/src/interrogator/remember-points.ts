import type { LabelPoints } from "@loramill/captioning";
import { Digest, digestOf, type ImageTextEmbedder, type Stores } from "@loramill/contracts";
import { z } from "zod";

const MEMO_KIND = "label-points";
const Remembered = z.object({ blob: Digest, dimensions: z.int().min(1) });

/**
 * Points of labels, computed once for an embedder and its list of labels, and kept in the stores as 32-bit numbers in the
 * machine's order: whichever worker asks next reads them.
 */
export function rememberPoints(
  embedder: ImageTextEmbedder,
  { memos, blobs }: Pick<Stores, "memos" | "blobs">,
): LabelPoints {
  return async (labels, signal) => {
    const key = digestOf({ embedder: embedder.id, labels: [...labels] });
    const memo = Remembered.safeParse(await memos.find(MEMO_KIND, key)).data;
    if (memo !== undefined && (await blobs.has(memo.blob))) {
      const points = split(await blobs.read({ sha256: memo.blob }, { signal }), memo.dimensions);
      if (points.length === labels.length) return points;
    }
    const points = await embedder.embedTexts(labels, signal);
    const dimensions = points[0]?.length ?? 0;
    if (dimensions > 0) {
      const bytes = Buffer.concat(
        points.map((point) => new Uint8Array(point.buffer, point.byteOffset, point.byteLength)),
      );
      const { sha256 } = await blobs.put(bytes, { mediaType: "application/octet-stream", signal });
      await memos.put(MEMO_KIND, key, { blob: sha256, dimensions });
    }
    return points;
  };
}

function split(bytes: Uint8Array, dimensions: number): Float32Array[] {
  // A copy: what was read need not begin where a number may.
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  return Array.from({ length: values.length / dimensions }, (_, at) =>
    values.slice(at * dimensions, (at + 1) * dimensions),
  );
}
