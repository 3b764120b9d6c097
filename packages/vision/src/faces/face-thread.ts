import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";
import type { RgbImage } from "@loramill/contracts";
import { answerQuestions } from "../threads/answer-questions.ts";
import type { HumanFiles } from "./human-files.ts";
import { type Sight, SQUARE_SIDE, searchFaces } from "./search-faces.ts";

/** The little of Human that is used; it is loaded by path, so that nothing of it need be installed. */
interface Human {
  readonly tf: { tensor4d(values: Uint8Array, shape: readonly number[], type: "int32"): Tensor };
  load(): Promise<void>;
  detect(input: Tensor): Promise<{
    readonly error?: string | null;
    readonly face?: readonly { readonly boxRaw: readonly [number, number, number, number]; readonly score: number }[];
  }>;
}
interface Tensor {
  dispose(): void;
}

/** The thread that detects, one picture after the other, so that the event loop stays free. */
const files = workerData as HumanFiles;

// Models are asked for by URL: they are read from the package's folder, and nothing else is fetched from anywhere.
globalThis.fetch = async (input) => {
  const path = fileURLToPath(String(input));
  if (![files.models, files.wasm].some((folder) => path.startsWith(folder)) || path.includes(`..${sep}`)) {
    throw new Error(`a face detector has no business at ${path}`);
  }
  return new Response(await readFile(path));
};

const off = { enabled: false } as const;
const settings = {
  backend: "wasm",
  wasmPath: files.wasm,
  modelBasePath: pathToFileURL(files.models).href,
  // Every picture stands for itself: nothing is kept from the one before.
  cacheSensitivity: 0,
  warmup: "none",
  async: false,
  debug: false,
  validateModels: false,
  filter: off,
  gesture: off,
  body: off,
  hand: off,
  object: off,
  segmentation: off,
  face: {
    enabled: true,
    detector: {
      modelPath: "blazeface.json",
      maxDetected: 32,
      minConfidence: 0.2,
      rotation: false,
      return: false,
      skipFrames: 0,
      skipTime: 0,
    },
    mesh: off,
    iris: off,
    description: off,
    emotion: off,
    antispoof: off,
    liveness: off,
  },
};

const library = createRequire(import.meta.url)(files.script) as { Human: new (config: typeof settings) => Human };
const human = new library.Human(settings);
await human.load();

async function detect(rgb: Uint8Array): Promise<Sight[]> {
  const tensor = human.tf.tensor4d(rgb, [1, SQUARE_SIDE, SQUARE_SIDE, 3], "int32");
  try {
    const { error, face = [] } = await human.detect(tensor);
    if (error) throw new Error(`the face detector failed: ${error}`);
    return face.map(({ boxRaw: [left, top, width, height], score }) => ({ left, top, width, height, score }));
  } finally {
    tensor.dispose();
  }
}

answerQuestions<RgbImage>((image) => searchFaces(image, detect));
