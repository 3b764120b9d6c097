import {
  canonicalJson,
  type Digest,
  type DocumentKind,
  type DocumentOf,
  type DocumentStore,
  documentKinds,
  PermanentError,
  sha256Hex,
} from "@loramill/contracts";

export interface MemoryDocuments extends DocumentStore {
  readonly size: number;
  /** Loses a document, as a store does that was emptied. */
  drop(digest: Digest): void;
}

/** A document store in memory, with the same checks as the real one. */
export function createMemoryDocuments(): MemoryDocuments {
  const texts = new Map<string, string>();
  return {
    async put(kind, value) {
      const text = canonicalJson(documentKinds[kind].parse(value));
      const digest = sha256Hex(text);
      texts.set(`${kind}/${digest}`, text);
      return digest;
    },
    async get<K extends DocumentKind>(kind: K, digest: Digest): Promise<DocumentOf<K>> {
      const text = texts.get(`${kind}/${digest}`);
      if (text === undefined) throw new PermanentError(`no ${kind} ${digest}`, { code: "object-missing" });
      return documentKinds[kind].parse(JSON.parse(text)) as DocumentOf<K>;
    },
    get size() {
      return texts.size;
    },
    drop(digest) {
      for (const key of texts.keys()) if (key.endsWith(digest)) texts.delete(key);
    },
  };
}
