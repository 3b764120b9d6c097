/** Texts that were read lately, up to a number of bytes; the least recently used go first. */
export interface TextCache {
  get(key: string): string | undefined;
  set(key: string, text: string): void;
}

export function createTextCache(maxBytes: number): TextCache {
  const texts = new Map<string, string>();
  let bytes = 0;
  const drop = (key: string) => {
    bytes -= costOf(key, texts.get(key) ?? "");
    texts.delete(key);
  };
  return {
    get(key) {
      const text = texts.get(key);
      if (text === undefined) return undefined;
      texts.delete(key);
      texts.set(key, text);
      return text;
    },
    set(key, text) {
      if (texts.has(key)) drop(key);
      // One large text must not push out everything else.
      if (costOf(key, text) > maxBytes / 4) return;
      texts.set(key, text);
      bytes += costOf(key, text);
      for (const oldest of texts.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
    },
  };
}

/** JavaScript strings hold one or two bytes per character; two is the safe side. */
function costOf(key: string, text: string): number {
  return 2 * (key.length + text.length);
}
