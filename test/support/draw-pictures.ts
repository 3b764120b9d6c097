import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeImage } from "@loramill/imaging";
import { drawPicture } from "@loramill/testkit";

const COUNT = 10;

/** Ten drawings of 640 × 640 pixels, each with its caption: as many as a training asks for without a warning. */
export async function drawCaptionedPictures(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let at = 1; at <= COUNT; at += 1) {
    const picture = drawPicture(at, { width: 640, height: 640 });
    writeFileSync(join(folder, `${at}.jpg`), await encodeImage(picture, "jpeg", { quality: 90 }));
    writeFileSync(join(folder, `${at}.txt`), `drawing number ${at}`);
  }
}
