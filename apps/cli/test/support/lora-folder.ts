import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editMetadata, memorySource, readSafetensors, type SafetensorsFile, writeSafetensors } from "@loramill/lora";
import { tinyLora } from "@loramill/testkit";
import { runCommand, type Said } from "./run-command.ts";

/** A folder of small LoRA files: `dog` and `ink` for Flux, `old.pt` and `evil.pt` by torch, and `base`, a piece of Flux. */
export interface LoraFolder {
  readonly path: string;
  at(name: string): string;
  /** `loramill lora …` with these arguments. */
  lora(...args: string[]): Promise<Said>;
  /** The same with `--json`, parsed. */
  json(...args: string[]): ReturnType<typeof JSON.parse>;
  tensorsOf(name: string): SafetensorsFile;
  remove(): void;
}

/** What `dog` and `ink` change. */
export const fluxModules = [
  "transformer.single_transformer_blocks.0.attn.to_q",
  "transformer.transformer_blocks.0.attn.to_q",
];

const VECTORS = join(import.meta.dirname, "../../../../packages/lora/test/vectors/torch-files.json");

export async function makeLoraFolder(): Promise<LoraFolder> {
  const path = mkdtempSync(join(tmpdir(), "lora-files-"));
  const at = (name: string) => join(path, name);
  const torch: { zip: string; evil: string } = JSON.parse(readFileSync(VECTORS, "utf8"));
  writeFileSync(at("dog.safetensors"), await dog());
  writeFileSync(at("ink.safetensors"), tinyLora(fluxModules, { rank: 2, seed: 2 }));
  writeFileSync(at("old.pt"), Buffer.from(torch.zip, "base64"));
  writeFileSync(at("evil.pt"), Buffer.from(torch.evil, "base64"));
  writeFileSync(at("base.safetensors"), checkpoint());
  return {
    path,
    at,
    lora: (...args) => runCommand(["lora", ...args]),
    json: async (...args) => JSON.parse((await runCommand(["--json", "lora", ...args])).out),
    tensorsOf: (name) => readSafetensors(readFileSync(at(name))),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

async function dog(): Promise<Uint8Array> {
  const file = memorySource(tinyLora(fluxModules, { rank: 2, seed: 1 }));
  const metadata = { "modelspec.trigger_phrase": "sks dog", ss_output_name: "dog", ss_session_id: "42" };
  return Buffer.concat(await Array.fromAsync((await editMetadata(file, () => metadata)).chunks));
}

/** Weights of Flux as its own code has them, of 8 inputs. */
function checkpoint(): Uint8Array {
  const tensor = (name: string, rows: number) => {
    const values = Float32Array.from({ length: rows * 8 }, (_, i) => Math.sin(i + rows));
    return { name, dtype: "F32" as const, shape: [rows, 8], data: new Uint8Array(values.buffer) };
  };
  const denoiser = "model.diffusion_model.";
  return writeSafetensors(
    [
      tensor(`${denoiser}double_blocks.0.img_attn.qkv.weight`, 24),
      tensor(`${denoiser}single_blocks.0.linear1.weight`, 56),
      tensor(`${denoiser}img_in.weight`, 8),
      tensor("vae.decoder.weight", 4),
    ],
    { "modelspec.title": "base" },
  );
}
