import type { ByteSource } from "../byte-source.ts";
import { readSafetensorsHeader } from "../safetensors/read-safetensors.ts";
import { torchToSafetensors } from "./convert-torch-file.ts";
import type { TorchFile } from "./read-torch-file.ts";

interface Piece {
  readonly begin: number;
  readonly end: number;
  read(): Promise<Uint8Array>;
}

/**
 * A PyTorch file as the safetensors file that it would become, by ranges: what reads one reads the other. The header and
 * the tensor that was asked for last are in memory.
 */
export async function torchSource(file: TorchFile): Promise<ByteSource> {
  const { size, chunks } = torchToSafetensors(file);
  const head = await firstOf(chunks);
  const headOnly = { size, bytes: async (from: number, to: number) => head.subarray(from, to) };
  const { tensors, dataStart } = await readSafetensorsHeader(headOnly);
  const pieces: Piece[] = [{ begin: 0, end: dataStart, read: async () => head }];
  for (const { name, begin, end } of tensors.values()) {
    const read = async () => file.tensors.get(name)?.read() ?? new Uint8Array();
    if (end > begin) pieces.push({ begin: dataStart + begin, end: dataStart + end, read });
  }
  pieces.sort((a, b) => a.begin - b.begin);
  let last: { readonly piece: Piece; readonly bytes: Promise<Uint8Array> } | null = null;
  const read = (piece: Piece): Promise<Uint8Array> => {
    if (last?.piece !== piece) last = { piece, bytes: piece.read() };
    return last.bytes;
  };
  return {
    size,
    async bytes(from, to) {
      const asked: Uint8Array[] = [];
      for (const piece of pieces.slice(firstEndingAfter(pieces, from))) {
        if (piece.begin >= to) break;
        const bytes = await read(piece);
        asked.push(bytes.subarray(Math.max(0, from - piece.begin), to - piece.begin));
      }
      return asked.length === 1 && asked[0] !== undefined ? asked[0] : Buffer.concat(asked);
    },
  };
}

/** Place of the first piece that ends after a position, by halving: files have thousands of tensors. */
function firstEndingAfter(pieces: readonly Piece[], position: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.end ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function firstOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const chunk of chunks) return chunk;
  return new Uint8Array();
}
