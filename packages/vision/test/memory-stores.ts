import { type Digest, type Stores, sha256Hex } from "@loramill/contracts";

/** Memos and blobs that are forgotten with the test. */
export function memoryStores(): Pick<Stores, "memos" | "blobs"> & { readonly blobsHeld: Map<Digest, Uint8Array> } {
  const memos = new Map<string, unknown>();
  const blobsHeld = new Map<Digest, Uint8Array>();
  const unused = async () => {
    throw new Error("not needed here");
  };
  return {
    blobsHeld,
    memos: {
      find: async (kind, key) => memos.get(`${kind}/${key}`),
      put: async (kind, key, value) => void memos.set(`${kind}/${key}`, value),
    },
    blobs: {
      async put(body, { mediaType }) {
        const bytes = body as Uint8Array;
        const sha256 = sha256Hex(bytes);
        blobsHeld.set(sha256, bytes);
        return { sha256, bytes: bytes.length, mediaType };
      },
      read: async ({ sha256 }) => blobsHeld.get(sha256) ?? unused(),
      has: async (sha256) => blobsHeld.has(sha256),
      open: unused,
    },
  };
}
