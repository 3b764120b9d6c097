import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";

/** The version that was tried; others of the same major version are taken. */
const VERSION = "4.3.1";
const INSTALL = `npm install --no-save @huggingface/transformers@${VERSION}`;

const require = createRequire(import.meta.url);
/** Path of the library's build for `require`; throws where it is not installed. */
export const installed = (): string => require.resolve("@huggingface/transformers");

const Manifest = z.object({ version: z.string() });

/** Finds the optional package without loading it; says how to install it where it is missing or of another major version. */
export function locateLibrary(resolve = installed): { readonly path: string } | { readonly message: string } {
  const absent = (why: string) => ({
    message: `captions by transformers.js need an optional package (${why}); in the folder of Loramill run: ${INSTALL}`,
  });
  let path: string;
  try {
    path = resolve();
  } catch {
    return absent("not installed: @huggingface/transformers");
  }
  // dist/transformers.node.cjs, of a package whose exports do not name its package.json.
  const manifest = readFileSync(join(dirname(dirname(path)), "package.json"), "utf8");
  const { version } = Manifest.parse(JSON.parse(manifest));
  const isTried = version.split(".")[0] === VERSION.split(".")[0];
  return isTried ? { path } : absent(`@huggingface/transformers is ${version}`);
}
