/** Families whose modules are known by name: files for them can be converted and counted. `wan` is 2.1 and 2.2. */
export const mappedFamilies = ["sd15", "sd2", "sdxl", "sd3", "flux", "wan", "qwen-image", "pocket"] as const;
export type MappedFamily = (typeof mappedFamilies)[number];
