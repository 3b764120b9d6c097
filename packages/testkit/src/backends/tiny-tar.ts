export interface TarFile {
  readonly name: string;
  readonly body: Uint8Array;
  /** A symbolic link to this target instead of a file. */
  readonly linkTo?: string;
}

const BLOCK = 512;

/** A tar archive (POSIX ustar) of these files, with whatever names they are given: also those that a reader must refuse. */
export function packTar(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap((file) => {
    const size = file.linkTo === undefined ? file.body.length : 0;
    const padded = Buffer.alloc(Math.ceil(size / BLOCK) * BLOCK);
    padded.set(file.body.subarray(0, size));
    return [headOf(file, size), padded];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function headOf({ name, linkTo }: TarFile, size: number): Buffer {
  const head = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;
  head.write(name, 0, 100);
  head.write(octal(0o644, 8), 100);
  head.write(octal(0, 8) + octal(0, 8), 108);
  head.write(octal(size, 12) + octal(0, 12), 124);
  head.write(" ".repeat(8), 148);
  head.write(linkTo === undefined ? "0" : "2", 156);
  head.write(linkTo ?? "", 157, 100);
  head.write("ustar\x0000", 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return head;
}
