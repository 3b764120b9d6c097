import { flatPng } from "./flat-png.ts";

/** What a picture looks like after `value` of `max` steps: the further, the brighter. */
export const previewPng = (value: number, max: number): Buffer => {
  const light = Math.round((255 * value) / max);
  return flatPng(16, 16, [light, light, light]);
};

/** Event 1: which prompt it is of is not said. */
export const plainPreviewFrame = (png: Uint8Array): Buffer => Buffer.concat([numbers(1, 2), png]);

/** Event 4, for clients that have announced that they read it. */
export function previewFrame(png: Uint8Array, { promptId, node }: { promptId: string; node: string }): Buffer {
  const about = { node_id: node, prompt_id: promptId, display_node_id: node, parent_node_id: null, real_node_id: node };
  const metadata = Buffer.from(JSON.stringify({ ...about, image_type: "image/png" }));
  return Buffer.concat([numbers(4, metadata.length), metadata, png]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}
