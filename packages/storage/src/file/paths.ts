import { join } from "node:path";
import { UserError } from "@loramill/contracts";
import { assertSafeKey, PRIVATE_FOLDER } from "../keys.ts";

/** Characters that some file system forbids; escaped as in URLs, with `%` itself, so that any key has a file name. */
const UNSAFE = /[%<>:"\\|?*]|[. ]$/g;
/** Longest name of a file or folder, in bytes, on the common file systems. */
const MAX_NAME_BYTES = 255;

/** Where the parts of a file store lie. */
export interface Layout {
  readonly root: string;
  readonly temporary: string;
  readonly types: string;
  readonly secret: string;
}

export function layoutOf(root: string): Layout {
  const own = join(root, PRIVATE_FOLDER);
  return { root, temporary: join(own, "tmp"), types: join(own, "types"), secret: join(own, "signing-key") };
}

/** The path of a key below a folder; UserError `unsafe-key` for keys that have none. */
export function pathOfKey(folder: string, key: string): string {
  assertSafeKey(key);
  return join(folder, ...key.split("/").map(nameOfSegment));
}

export function nameOfSegment(segment: string): string {
  const name = segment.replace(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new UserError(`a part of the key is longer than the ${MAX_NAME_BYTES} bytes a file name may have`, {
      code: "unsafe-key",
    });
  }
  return name;
}

/** The segment a name stands for; null for names this store never wrote. */
export function segmentOfName(name: string): string | null {
  const segment = name.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return safely(segment) === name ? segment : null;
}

function safely(segment: string): string | null {
  try {
    return nameOfSegment(segment);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
