import fc from "fast-check";
import { expect, it } from "vitest";
import { partsOf } from "./parts.ts";

it("cuts any body into parts of one size, the last excepted, and loses nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 20 })),
      fc.integer({ min: 1, max: 16 }),
      async (chunks, partBytes) => {
        const whole = Buffer.concat(chunks);
        async function* stream() {
          yield* chunks;
        }
        for (const body of [stream(), whole]) {
          const parts: Uint8Array[] = [];
          for await (const part of partsOf(body, partBytes)) parts.push(Uint8Array.from(part));
          expect(Buffer.concat(parts).equals(whole)).toBe(true);
          expect(parts.slice(0, -1).every((part) => part.byteLength === partBytes)).toBe(true);
          expect(parts.length).toBe(Math.max(1, Math.ceil(whole.byteLength / partBytes)));
        }
      },
    ),
  );
});
