import type { BundleManifest } from "./manifest.ts";

/** What a person reads who opens the archive with any program that knows tar. */
export function readMe({
  kind,
  name,
  writtenBy,
  without,
}: Pick<BundleManifest, "kind" | "name" | "writtenBy" | "without">): string {
  const left = without.length === 0 ? "Nothing was left out." : `Left out: ${without.join(", ")}.`;
  return `${kind === "run" ? `The run "${name}"` : `The state of the project "${name}"`}, written by ${writtenBy}. ${left}

To use it:    loramill ${kind === "run" ? "import" : "project load"} THIS-FILE
To look:      any program that reads tar. Do not pack it again: only the bytes as they
              were written are taken back.

manifest.json         what is in here, with the size and SHA-256 of each file
${kind === "run" ? RUN : ""}library.json          what the library knew: LoRAs with tags, notes and ratings; datasets;
                      recipes; captions
documents/KIND/       lists and descriptions (JSON), each named by its SHA-256
blobs/                pictures, weights and other files, each named by its SHA-256

Which file is what: documents/lora/*.json say which of the blobs are the weights of a
LoRA (safetensors) and how it was made; documents/dataset-part/*.json and
documents/generations/*.json name the pictures. The weights work without loramill.

The format is described in docs/bundles.md of loramill.
`;
}

const RUN = `run.json              its steps, their keys, inputs and outputs, and what they cost
spec.json             what was asked for
plan.lock.json        what was planned, with every default, digest and seed
events.jsonl          what was told of it, one event a line
`;
