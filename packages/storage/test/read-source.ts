import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Source, UserError } from "@loramill/contracts";
import { onTestFinished } from "vitest";
import { type OpenedStores, openStores } from "../src/open-stores.ts";
import { openSource } from "../src/sources/open-source.ts";
import { defaultSourceLimits, type SourceLimits } from "../src/sources/source-config.ts";

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "loramill-sources-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function temporaryStores(): Promise<OpenedStores> {
  return openStores({ url: join(await temporaryFolder(), "store"), sync: "never" });
}

/** What a curator would see: "path=content" of what is read, "path!code" of what is refused. */
export async function readSource(
  source: Source,
  options: {
    readonly limits?: Partial<SourceLimits>;
    readonly stores?: OpenedStores;
    readonly signal?: AbortSignal;
  } = {},
): Promise<string[]> {
  const stores = options.stores ?? (await temporaryStores());
  const limits = { ...defaultSourceLimits, ...options.limits };
  const seen: string[] = [];
  for await (const entry of openSource(source, { limits, stores, signal: options.signal })) {
    if (entry.kind === "refused") seen.push(`${entry.path}!${entry.code}`);
    else if (entry.kind === "stored") seen.push(`${entry.path}@${entry.blob.sha256.slice(0, 6)}`);
    else seen.push(`${entry.path}${await contentOf(entry.open())}`);
  }
  return seen;
}

async function contentOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (error) {
    if (error instanceof UserError) return `!${error.code}`;
    throw error;
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return `=${text.length > 40 ? `${text.length} bytes` : text}`;
}
