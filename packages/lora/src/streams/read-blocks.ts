import type { ByteSource } from "../byte-source.ts";

/** Bytes that are asked for at once. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Blocks that are held: the one that is read from, and what read-ahead has begun. */
const HELD_BLOCKS = 3;

interface Block {
  readonly from: number;
  readonly to: number;
  readonly bytes: Promise<Uint8Array>;
}

/**
 * The same bytes, fetched by the block: for readers that go through a file in its order, piece by piece. What costs a
 * request each, at a store or a disk, then costs one for many. Answers are views of a block.
 */
export function readInBlocks(source: ByteSource): ByteSource {
  let held: readonly Block[] = [];
  const { size } = source;
  return {
    size,
    async bytes(from, to) {
      if (to - from >= BLOCK_BYTES) return source.bytes(from, to);
      let block = held.find((each) => each.from <= from && to <= each.to);
      if (block === undefined) {
        const end = Math.min(from + BLOCK_BYTES, size);
        const begun: Block = { from, to: end, bytes: source.bytes(from, end) };
        // A failed block is asked for anew by whoever comes next.
        begun.bytes.catch(() => {
          held = held.filter((each) => each !== begun);
        });
        held = [begun, ...held].slice(0, HELD_BLOCKS);
        block = begun;
      }
      return (await block.bytes).subarray(from - block.from, to - block.from);
    },
  };
}
