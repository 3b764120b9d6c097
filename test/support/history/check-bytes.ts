import {
  AgentManifest,
  blobKey,
  Digest,
  type DocumentAt,
  documentKey,
  outputAt,
  type ReferencedBlob,
  referencesOf,
  type StepKind,
  sha256Hex,
} from "@loramill/contracts";
import { readRgb } from "@loramill/imaging";
import { checkLora, memorySource, openLora, readSafetensors, tensorsSha256 } from "@loramill/lora";
import { z } from "zod";
import type { Check, History } from "./history.ts";
import { problemOf, readBytes } from "./read-bytes.ts";

/** Everything that a result cannot be used without, down to the last byte, is in the store as what its name says. */
export const everyResultIsWholeInTheStore: Check = async (history) => {
  const { objects } = history.stores;
  const steps = await history.query<{ run: string; name: string; kind: StepKind; output: Digest }>(
    "select run, name, kind, output from loramill.steps where output is not null order by id",
  );
  const walk = openWalk(history);
  const wrong: unknown[] = [];
  for (const { run, name, kind, output } of steps) {
    const root = outputAt(kind, output);
    if (root === null) continue;
    for (const problem of await walk(root)) wrong.push({ run, step: name, ...problem });
  }
  const named = await history.query<{ row: string; sha256: Digest }>(`
    select 'lora ' || id as row, weights_sha256 as sha256 from loramill.loras where deleted_at is null
    union all select 'generation ' || id, sha256 from loramill.generations`);
  for (const { row, sha256 } of named) {
    const problem = await problemOf(objects, blobKey(sha256), sha256);
    if (problem !== null) wrong.push({ row, sha256, problem });
  }
  return wrong;
};

interface Problem {
  readonly key: string;
  readonly problem: string;
}

/** What is wrong with a document, and with all that it leads to. What was looked at once is not told again. */
function openWalk({ stores: { objects, documents } }: History): (root: DocumentAt) => Promise<Problem[]> {
  const seen = new Set<string>();
  async function look(key: string, sha256: Digest): Promise<Problem[]> {
    const problem = await problemOf(objects, key, sha256);
    return problem === null ? [] : [{ key, problem }];
  }
  return async function walk(at): Promise<Problem[]> {
    const key = documentKey(at.kind, at.digest);
    if (seen.has(`${key} ${at.of}`)) return [];
    seen.add(`${key} ${at.of}`);
    const own = await look(key, at.digest);
    if (own.length > 0) return own;
    const found: Problem[] = [];
    const { documents: next, blobs } = referencesOf(at, await documents.get(at.kind, at.digest));
    for (const { sha256 } of blobs.filter(isNew)) found.push(...(await look(blobKey(sha256), sha256)));
    for (const one of next) found.push(...(await walk(one)));
    return found;
  };

  function isNew({ sha256 }: ReferencedBlob): boolean {
    const key = blobKey(sha256);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  }
}

/** Its header can be read, it has adapters, every value of them is a number, and its tensors are those of its row. */
export const everyLoraOpens: Check = ({ query, stores }) =>
  wrongOnes(
    query<{ id: string; weights: Digest; tensors: Digest }>(
      "select id, weights_sha256 as weights, tensors_sha256 as tensors from loramill.loras where deleted_at is null",
    ),
    async ({ weights, tensors }) => {
      const bytes = await readBytes(stores.objects, blobKey(weights));
      const { adapters } = await openLora(memorySource(bytes));
      if (adapters.length === 0) return "no adapters";
      const problems = checkLora(readSafetensors(bytes));
      if (problems.length > 0) return problems.join("; ");
      return tensorsSha256(bytes) === tensors ? null : "other tensors than its row says";
    },
  );

/** It is a picture of the size of its row. */
export const everyPictureOpens: Check = ({ query, stores }) =>
  wrongOnes(
    query<{ id: string; sha256: Digest; width: number; height: number }>(
      "select id, sha256, width, height from loramill.generations where frames is null",
    ),
    async ({ sha256, width, height }) => {
      const picture = await readRgb(await readBytes(stores.objects, blobKey(sha256)));
      return picture.width === width && picture.height === height ? null : `${picture.width} × ${picture.height}`;
    },
  );

const COMMITTED = "COMMITTED.json";

/** Of the embedded engine, whose files lie beside it. */
const EngineManifest = z.object({
  format: z.literal("loramill-checkpoint/1"),
  files: z.array(z.object({ name: z.string(), sha256: Digest, parts: z.undefined().optional() })).min(1),
});

/** A checkpoint that says that it is whole: each of its files, joined from its parts, is what was committed. */
export const everyCommittedCheckpointIsWhole: Check = async ({ stores: { objects } }) => {
  const wrong: unknown[] = [];
  for await (const { key } of objects.list("checkpoints/")) {
    if (!key.endsWith(`/${COMMITTED}`)) continue;
    const text: unknown = JSON.parse(new TextDecoder().decode(await readBytes(objects, key)));
    const manifest = z.union([AgentManifest, EngineManifest]).safeParse(text);
    if (!manifest.success) wrong.push({ key, problem: "it is no manifest" });
    for (const file of manifest.data?.files ?? []) {
      const parts = file.parts ?? [{ key: `${key.slice(0, -COMMITTED.length)}${file.name}` }];
      const problem = await problemOfFile(parts, file.sha256);
      if (problem !== null) wrong.push({ key, file: file.name, problem });
    }
  }
  return wrong;

  async function problemOfFile(parts: readonly { readonly key: string }[], sha256: Digest): Promise<string | null> {
    try {
      const bytes = await Promise.all(parts.map((part) => readBytes(objects, part.key)));
      return sha256Hex(new Uint8Array(Buffer.concat(bytes))) === sha256 ? null : "other bytes";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
};

async function wrongOnes<Row extends { readonly id: string }>(
  rows: Promise<Row[]>,
  problemWith: (row: Row) => Promise<string | null>,
): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const row of await rows) {
    const problem = await problemWith(row).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    if (problem !== null) wrong.push({ id: row.id, problem });
  }
  return wrong;
}
