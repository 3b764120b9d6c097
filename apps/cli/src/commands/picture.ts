import { open } from "node:fs/promises";
import { type Provenance, type Reading, readProvenance, readProvenanceTexts } from "@loramill/imaging/provenance";
import { exitCodes } from "../exit-codes.ts";
import { printable } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface InspectPictureOptions {
  readonly raw?: boolean;
}

/** Larger files are not read. */
const MAX_BYTES = 1024 ** 3;

type Inspected = { readonly file: string } & Omit<Provenance, "raw"> & { readonly raw?: Provenance["raw"] };

/** How each picture was made; a file that cannot be read does not hide the others. */
export async function inspectPicturesCommand(
  paths: readonly string[],
  options: InspectPictureOptions,
  context: CommandContext,
): Promise<number> {
  const found: Inspected[] = [];
  for (const file of paths) {
    context.interrupts.signal.throwIfAborted();
    const { raw, ...provenance } = await inspect(file);
    found.push({ file, ...provenance, ...(options.raw ? { raw } : {}) });
  }
  if (context.json) printJson(context, { files: found });
  else for (const one of found) printLine(context, pictureInWords(one));
  return found.every(({ problem }) => problem === null) ? exitCodes.ok : exitCodes.failed;
}

async function inspect(path: string): Promise<Provenance> {
  const bytes = await readWhole(path);
  return typeof bytes === "string" ? { ...readProvenanceTexts({}), problem: bytes } : readProvenance(bytes);
}

/** A file's bytes, or why they cannot be had. */
async function readWhole(path: string): Promise<Uint8Array | string> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
  if (typeof handle === "string") return handle === "ENOENT" ? "no such file" : `cannot be read (${handle})`;
  try {
    const file = await handle.stat();
    if (!file.isFile()) return "is not a file";
    return file.size > MAX_BYTES ? "is larger than a gibibyte" : await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The file's name, and lines of a name and what it is; lines that would say nothing are left out. */
function pictureInWords({ file, reading, digitalSourceType, software, problem, raw }: Inspected): string {
  const origin = digitalSourceType?.split("/").at(-1) ?? null;
  const nothing = reading === null && origin === null ? "nothing in it says how it was made" : null;
  const lines: readonly (readonly [name: string, text: string | null])[] = [
    ["problem", problem],
    ["", problem === null ? nothing : null],
    ["written as", reading?.tool ?? null],
    ["program", software],
    ["origin", origin],
    ...(reading === null ? [] : readingInWords(reading)),
    ...Object.entries(raw ?? {}),
  ];
  const shown = lines.flatMap(([name, text]) =>
    text === null || text === "" ? [] : text.split("\n").map((line, at) => row(at === 0 ? name : "", line)),
  );
  return [printable(file), ...shown].join("\n");
}

function readingInWords({ prompt, negativePrompt, settings, model, loras, other }: Reading) {
  const { width, height, seed, steps, guidance, sampler, scheduler, denoisingStrength, clipSkip } = settings;
  const number = (value: number | null) => (value === null ? null : `${value}`);
  const hashed = (name: string, hash: string | null) => (hash === null ? name : `${name} (${hash.slice(0, 12)})`);
  return [
    ["prompt", prompt],
    ["negative", negativePrompt],
    ["model", model === null ? null : hashed(model.name ?? "", model.hash).trim()],
    ...loras.map(
      ({ name, weight, hash }) => ["lora", hashed(`${name}${weight === null ? "" : ` ${weight}`}`, hash)] as const,
    ),
    ["seed", seed],
    ["steps", number(steps)],
    ["guidance", number(guidance)],
    ["sampler", [sampler, scheduler].filter((one) => one !== null).join(", ")],
    ["size", width === null || height === null ? null : `${width}×${height}`],
    ["denoising", number(denoisingStrength)],
    ["clip skip", number(clipSkip)],
    ...Object.entries(other),
  ] as const;
}

const row = (name: string, text: string): string => `  ${printable(name).padEnd(11)} ${printable(text)}`.trimEnd();
