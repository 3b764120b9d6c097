import type { Logger } from "@loramill/contracts";
import { readStudio, type StudioFiles } from "./read-studio.ts";

export type StudioState =
  | { readonly kind: "ready"; readonly files: StudioFiles }
  | { readonly kind: "building" }
  | { readonly kind: "failed"; readonly message: string };

/** The Studio as it is at the moment. */
export type Studio = () => StudioState;

/** Makes a built Studio be there, and answers its folder; `isThere` where nothing has to be done. */
export interface StudioBuild {
  readonly isThere: boolean;
  run(): Promise<string>;
}

/**
 * What `/` serves: the Studio of a folder, or of a build, during which the API answers already and whose failure leaves
 * everything else working. Null: none.
 */
export async function openStudio(options: {
  /** Null: that of `build`, or none where there is nothing that builds. */
  readonly dir: string | "off" | null;
  readonly build: StudioBuild | null;
  readonly log: Logger;
}): Promise<Studio | null> {
  const { dir, build, log } = options;
  if (dir === "off") return null;
  if (dir !== null) {
    const files = await readStudio(dir);
    return () => ({ kind: "ready", files });
  }
  if (build === null) return null;
  let state: StudioState = { kind: "building" };
  const finish = async () => {
    try {
      state = { kind: "ready", files: await readStudio(await build.run()) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      state = { kind: "failed", message };
      log.warn({ error: message }, "the Studio could not be built; the rest of the mill works without it");
    }
  };
  if (build.isThere) await finish();
  else {
    log.info({}, "the Studio is being built: its first start, or its sources have changed");
    void finish().then(() => {
      if (state.kind === "ready") log.info({}, "the Studio is built");
    });
  }
  return () => state;
}
