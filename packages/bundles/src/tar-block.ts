/** A tar is made of blocks of 512 bytes: one that heads an entry, then its bytes, filled up with zeros. */
export const BLOCK = 512;

/** Two blocks of zeros end an archive. */
export const END_BYTES = 2 * BLOCK;

/** Most bytes that eleven octal digits say; larger sizes are written in binary, as GNU and BSD tar read them. */
const MAX_OCTAL = 0o77777777777;

/** Zeros behind the bytes of an entry. */
export const paddingOf = (bytes: number): number => (BLOCK - (bytes % BLOCK)) % BLOCK;

/** Bytes of an entry in the archive, with its head and its zeros. */
export const entryBytes = (bytes: number): number => BLOCK + bytes + paddingOf(bytes);

/**
 * The block that heads a plain file (POSIX ustar). Name and size decide every byte of it: owner, group, mode and time are
 * always the same, so that equal entries are equal archives, and a reader can compare instead of parse. `name` has at most
 * 100 ASCII characters.
 */
export function headerBlock(name: string, bytes: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  if (block.write(name, 0, "ascii") !== name.length || name.length > 100) throw new RangeError(`${name} is too long`);
  block.write("0000644\0", 100, "ascii"); // Mode.
  block.write("0000000\0", 108, "ascii"); // Owner.
  block.write("0000000\0", 116, "ascii"); // Group.
  writeSize(block, bytes);
  block.write("00000000000\0", 136, "ascii"); // Time.
  block.write(" ".repeat(8), 148, "ascii"); // The checksum counts itself as spaces.
  block.write("0", 156, "ascii"); // A plain file.
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "ascii");
  return block;
}

function writeSize(block: Buffer, bytes: number): void {
  if (bytes <= MAX_OCTAL) {
    block.write(`${octal(bytes, 11)}\0`, 124, "ascii");
    return;
  }
  block[124] = 0x80;
  block.writeBigUInt64BE(BigInt(bytes), 128);
}

/** The size that the head of a small file says; null where it is not written as we write it. */
export function smallSizeOf(block: Uint8Array): number | null {
  const digits = /^([0-7]{11})\0$/.exec(Buffer.from(block.subarray(124, 136)).toString("latin1"))?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
