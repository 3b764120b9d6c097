import type { ModelFamily } from "@loramill/contracts";
import type { Family } from "./family.ts";
import { flux } from "./flux.ts";
import { flux2 } from "./flux2.ts";
import { pocket } from "./pocket.ts";
import { qwenImage } from "./qwen-image.ts";
import { sd3 } from "./sd3.ts";
import { sd15 } from "./sd15.ts";
import { sdxl } from "./sdxl.ts";
import { wan22 } from "./wan22.ts";
import { zImage } from "./z-image.ts";

/** Every family that recipes know. A new one is its file, a line here, and its name in `ModelFamily`. */
export const families: Readonly<Record<ModelFamily, Family>> = {
  pocket,
  sd15,
  sdxl,
  sd3,
  flux,
  wan22,
  flux2,
  "qwen-image": qwenImage,
  "z-image": zImage,
};
