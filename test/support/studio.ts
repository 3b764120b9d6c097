import type { RunSpecInput } from "@loramill/contracts";
import { beforeAll } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { type OpenBrowser, openBrowser } from "./browser.ts";
import { type OpenMill, openMill } from "./open-mill.ts";
import { eventually } from "./runs.ts";

export interface OpenStudio {
  readonly mill: OpenMill;
  readonly browser: OpenBrowser;
  /** A folder of sample pictures: good ones with captions, and some that cleaning leaves out. */
  readonly pictures: string;
  /** The smallest run: a dataset of `pictures`, and no training. */
  datasetOnly(name: string): RunSpecInput;
}

/** One mill that serves its Studio, and one browser, for all tests of a file: there once its hooks have run. */
export function openStudio(): OpenStudio {
  const mill = openMill({ API_STUDIO_DIR: "" });
  const browser = openBrowser();
  const pictures = mill.at("pictures");
  beforeAll(async () => {
    await drawSamplePictures(pictures);
    const { url } = mill.client;
    await eventually(
      "the Studio is built",
      () => fetch(url),
      ({ status }) => status === 200,
    );
  });
  return {
    mill,
    browser,
    pictures,
    datasetOnly: (name) => ({
      name,
      dataset: { sources: [{ type: "folder", path: pictures }], prepare: { resolution: 64 } },
    }),
  };
}
