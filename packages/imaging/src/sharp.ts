import sharp from "sharp";

/**
 * The one place that loads sharp. Every picture is looked at once, so a cache only costs memory; one libvips thread per
 * picture and several pictures at once (libuv's pool) use the cores best.
 */
sharp.cache(false);
sharp.concurrency(1);

export type { Metadata, Sharp } from "sharp";
export { sharp };
