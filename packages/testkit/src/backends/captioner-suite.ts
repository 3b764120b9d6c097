import { type Captioner, CaptionStyle, Charge, type PreparedImage } from "@loramill/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { pixelsOf, preparedPicture } from "../pictures/prepared-picture.ts";

export interface CaptionerHarness {
  readonly captioner: Captioner;
  /** What the captioner needs to find in a picture. */
  readonly picture?: Partial<PreparedImage>;
  /** Bytes of a picture, for captioners that decode it; left out, `pixelsOf`. */
  readonly pixels?: (path: string) => Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What every captioner must do. Bind it in a test file of the captioner. */
export function runCaptionerSuite(name: string, open: () => Promise<CaptionerHarness>): void {
  describe(`${name} as a captioner`, () => {
    const opened: CaptionerHarness[] = [];
    const start = async () => {
      const harness = await open();
      opened.push(harness);
      picture = harness.picture ?? {};
      read = harness.pixels ?? (async (path) => pixelsOf(path));
      return harness.captioner;
    };
    let picture: Partial<PreparedImage> = {};
    let read: NonNullable<CaptionerHarness["pixels"]>;
    afterEach(async () => {
      for (const harness of opened.splice(0)) await harness.close();
    });
    const style = CaptionStyle.parse({ className: "dog", triggerWord: "sks" });
    const ask = (captioner: Captioner, path: string, signal = new AbortController().signal) => {
      const pixels = async () => ({ bytes: await read(path), mediaType: "image/png" });
      return captioner.caption({ image: preparedPicture(path, picture), pixels, style }, signal);
    };

    it("has a stable id, a concurrency, and says whether it is there", async () => {
      const captioner = await start();
      expect(captioner.id).toMatch(/^[a-z-]+[/:].+/);
      expect(captioner.concurrency).toBeGreaterThanOrEqual(1);
      expect(await captioner.isAvailable()).toMatchObject({
        available: true,
        message: expect.stringMatching(/\w+ \w+/),
      });
    });

    it("captions a picture, with charges the ledger takes and no word of the trigger", async () => {
      const captioner = await start();
      const answer = await ask(captioner, "images/a.png");
      expect(answer.text.trim()).not.toBe("");
      expect(answer.text).not.toContain("sks");
      for (const charge of answer.charges) expect(Charge.parse(charge)).toEqual(charge);
    });

    it("keeps pictures apart when many are asked about at once", async () => {
      const captioner = await start();
      const paths = Array.from({ length: 20 }, (_, i) => `set ${String.fromCharCode(97 + i)}/x.png`);
      const alone = await ask(captioner, paths[7] ?? "");
      const all = await Promise.all(paths.map((path) => ask(captioner, path)));
      expect(all[7]?.text).toBe(alone.text);
    });

    it("stops at once when its signal has aborted", async () => {
      const captioner = await start();
      if (/^(?:describe|simple|metadata|sidecar)\//.test(captioner.id)) return;
      const reason = new Error("stop");
      await expect(ask(captioner, "a.png", AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}
