import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Availability } from "@loramill/contracts";
import { z } from "zod";

/** Tried versions; Human names its parts in ways of its own, so another one is refused until it was tried. */
const HUMAN_VERSION = "3.3.6";
const TFJS_VERSION = "4.22.0";

/** Raised, behind the version, when the same picture would give other faces. */
export const FACE_FINDER_ID = `human-blazeface/${HUMAN_VERSION}-1`;

const INSTALL = [
  "npm install --no-save",
  `@vladmandic/human@${HUMAN_VERSION}`,
  ...["core", "converter", "backend-wasm"].map((part) => `@tensorflow/tfjs-${part}@${TFJS_VERSION}`),
].join(" ");

/** Where the parts of the installed packages lie. */
export interface HumanFiles {
  /** The build for Node on WebAssembly, which Human's own `exports` do not name. */
  readonly script: string;
  /** Folders, with a slash at their ends. */
  readonly models: string;
  readonly wasm: string;
}

const require = createRequire(import.meta.url);

/** Each answers a path inside the package, or throws where it is not installed. */
const installed = {
  "@vladmandic/human": () => require.resolve("@vladmandic/human"),
  "@tensorflow/tfjs-core": () => require.resolve("@tensorflow/tfjs-core/package.json"),
  "@tensorflow/tfjs-converter": () => require.resolve("@tensorflow/tfjs-converter/package.json"),
  "@tensorflow/tfjs-backend-wasm": () => require.resolve("@tensorflow/tfjs-backend-wasm/package.json"),
};
export type Installed = typeof installed;

/** Finds the optional packages without loading them; says how to install them where one is missing or another version. */
export function locateHuman(packages: Installed = installed): Availability & { readonly files?: HumanFiles } {
  const missing: string[] = [];
  const paths = new Map<string, string>();
  for (const [name, resolve] of Object.entries(packages)) {
    try {
      paths.set(name, resolve());
    } catch {
      missing.push(name);
    }
  }
  const absent = (why: string) => ({
    available: false,
    message: `finding faces needs optional packages (${why}); in the folder of Loramill run: ${INSTALL}`,
  });
  if (missing.length > 0) return absent(`not installed: ${missing.join(", ")}`);
  const human = dirname(dirname(paths.get("@vladmandic/human") as string));
  const wasm = dirname(paths.get("@tensorflow/tfjs-backend-wasm") as string);
  const versions = { "@vladmandic/human": versionIn(human), "@tensorflow/tfjs-backend-wasm": versionIn(wasm) };
  if (versions["@vladmandic/human"] !== HUMAN_VERSION || versions["@tensorflow/tfjs-backend-wasm"] !== TFJS_VERSION) {
    return absent(
      Object.entries(versions)
        .map(([name, version]) => `${name} is ${version}`)
        .join(", "),
    );
  }
  return {
    available: true,
    message: `Human ${HUMAN_VERSION}, BlazeFace`,
    files: {
      script: join(human, "dist", "human.node-wasm.js"),
      models: join(human, "models", "/"),
      wasm: join(wasm, "dist", "/"),
    },
  };
}

const Manifest = z.object({ version: z.string() });

function versionIn(folder: string): string {
  return Manifest.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).version;
}
