import { randomUUID } from "node:crypto";
import { type ObjectStore, redact, toErrorRecord } from "@loramill/contracts";
import { isDriver } from "./driver.ts";
import { adviceFor, type CheckFailure, expect, type StorageProbe, storageProbes } from "./storage-probes.ts";

export interface StorageCheck {
  /** What was tried, such as `read a range`. */
  readonly name: string;
  readonly status: "ok" | "failed" | "skipped";
  readonly message: string;
  /** What to do about it; empty when nothing. */
  readonly advice: string;
  readonly ms: number;
}

export interface CheckStorageOptions {
  /** Called as each check ends. */
  readonly onCheck?: ((check: StorageCheck) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the large object; default 12 MiB, which S3 takes in parts. */
  readonly largeBytes?: number | undefined;
}

/**
 * Tries on a live store everything the mill relies on, below a prefix of its own, and removes it again. Never throws
 * for a store that fails; aborting throws the signal's reason, after cleaning up.
 */
export async function checkStorage(objects: ObjectStore, options: CheckStorageOptions = {}): Promise<StorageCheck[]> {
  const { signal, onCheck = () => {}, largeBytes = 12 * 1024 * 1024 } = options;
  const prefix = `doctor/${randomUUID()}/`;
  const context = { objects, prefix, fetch: options.fetch ?? fetch, signal, largeBytes };
  const checks: StorageCheck[] = [];
  const report = (check: StorageCheck) => {
    checks.push(check);
    onCheck(check);
  };
  try {
    for (const probe of storageProbes) {
      signal?.throwIfAborted();
      const hopeless = checks[0]?.status === "failed";
      report(hopeless ? skipped(probe.name, "the first write failed already") : await run(probe, context));
    }
  } finally {
    report(await run({ name: "leave nothing behind", advice: CLEAN_ADVICE(prefix), run: cleanUp }, context));
  }
  return checks;
}

const CLEAN_ADVICE = (prefix: string) => `Delete what is left below ${prefix} by hand.`;

type Context = Parameters<StorageProbe["run"]>[0];

async function run(probe: StorageProbe, context: Context): Promise<StorageCheck> {
  const start = performance.now();
  const ms = () => Math.round(performance.now() - start);
  try {
    const { status = "ok", message } = await probe.run(context);
    return { name: probe.name, status, message, advice: "", ms: ms() };
  } catch (error) {
    const failure: CheckFailure = toErrorRecord(error);
    const message = redact(failure.message);
    return { name: probe.name, status: "failed", message, advice: adviceFor(failure, probe.advice), ms: ms() };
  }
}

function skipped(name: string, message: string): StorageCheck {
  return { name, status: "skipped", message, advice: "", ms: 0 };
}

async function cleanUp({ objects, prefix }: Context): Promise<{ message: string }> {
  // Without the signal: an aborted check cleans up as well.
  const keys = await keysBelow(objects, prefix);
  if (isDriver(objects)) await objects.deleteMany(keys);
  else for (const key of keys) await objects.delete(key);
  const left = await keysBelow(objects, prefix);
  expect(left.length === 0, `${left.length} objects could not be deleted`);
  return { message: `${keys.length} objects removed` };
}

async function keysBelow(objects: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list(prefix)) keys.push(key);
  return keys;
}
