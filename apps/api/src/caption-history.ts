import type { LibraryCaption } from "@loramill/catalog";
import {
  type Caption,
  type CaptionPrompt,
  type CaptionVersion,
  type Digest,
  type Stores,
  sha256Hex,
} from "@loramill/contracts";

/**
 * Versions of a picture's caption with all that is known of them: the catalog knows who wrote which words when, the
 * document of the job that wrote them knows the questions, the costs and the voices of an ensemble.
 */
export async function describeVersions(stores: Stores, rows: readonly LibraryCaption[]): Promise<CaptionVersion[]> {
  const documents = [...new Set(rows.flatMap(({ document }) => (document === null ? [] : [document])))];
  const parts = await Promise.all(documents.map((digest) => stores.documents.get("captions", digest)));
  const written = new Map(parts.map(({ captions }, at) => [documents[at], captions]));
  return rows.map((row) => {
    const isIt = ({ image, path }: Caption) => image === row.image && path === row.path;
    return versionOf(row, row.document === null ? undefined : written.get(row.document)?.find(isIt));
  });
}

function versionOf(row: LibraryCaption, caption: Caption | undefined): CaptionVersion {
  return {
    text: row.text,
    provider: row.provider,
    model: modelOf(row.provider),
    raw: row.raw,
    prompt: promptOf(caption?.prompt),
    microUsd: caption === undefined && row.dataset === null ? null : (caption?.microUsd ?? 0),
    voices: (caption?.voices ?? []).map(({ provider, raw, prompt, microUsd, failure }) => ({
      provider,
      model: modelOf(provider),
      raw,
      prompt: promptOf(prompt),
      microUsd,
      failure: failure ?? null,
    })),
    run: row.run === "" ? null : row.run,
    step: row.step,
    document: row.document as Digest | null,
    dataset: row.dataset as Digest | null,
    author: row.authorName,
    at: new Date(row.createdAt).toISOString(),
  };
}

/** `openai:llava` and `fuse:text:llama3.1` name a model after the first colon; `describe/1` has none. */
function modelOf(provider: string): string | null {
  const colon = provider.indexOf(":");
  return colon < 0 ? null : provider.slice(colon + 1);
}

const promptOf = (text: string | undefined): CaptionPrompt | null =>
  text === undefined ? null : { digest: sha256Hex(text), text };
