import { encodePicture } from "@loramill/imaging";
import type { Client } from "@loramill/sdk";

const grey = (level: number) =>
  encodePicture({ width: 8, height: 8, rgb: new Uint8Array(8 * 8 * 3).fill(level) }, { format: "png" });

/**
 * Runs by the greys that they have drawn, in the order of their grid, and a dataset of two greys, 200 and 220. Lists answer
 * the newest first, two at a time.
 */
export function serveDrawn(
  drawn: Readonly<Record<string, readonly number[]>>,
  { frames = null }: { readonly frames?: number | null } = {},
): Client {
  const list = async ({ run, cursor = "0" }: { run: string; cursor?: string }) => {
    const all = (drawn[run] ?? []).map((level, index) => ({ index, frames, file: { url: `/${level}` } })).reverse();
    const end = Number(cursor) + 2;
    return { items: all.slice(Number(cursor), end), next: end < all.length ? `${end}` : null };
  };
  return {
    loras: { lineage: async () => ({ training: { dataset: { digest: "d" } } }) },
    datasets: { images: async () => ({ items: [{ prepared: "/200" }, { prepared: "/220" }] }) },
    generations: { list },
    download: async (url: string) => grey(Number(url.slice(1))),
  } as unknown as Client;
}
