import { describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";
import { lossCsv } from "./loss-csv.ts";
import { tensorboardEvents } from "./tensorboard-events.ts";

const curve = [
  { step: 1, loss: 0.5, averageLoss: 0.5 },
  { step: 300, loss: 0.25, averageLoss: 0.375 },
];

describe("a loss curve", () => {
  it("is a table that a spreadsheet opens", () => {
    expect(lossCsv(curve)).toBe("step,loss,averageLoss\r\n1,0.5,0.5\r\n300,0.25,0.375\r\n");
    expect(lossCsv([])).toBe("step,loss,averageLoss\r\n");
  });

  it("is an event file whose records, checksums and scalars read back", () => {
    const file = Buffer.from(tensorboardEvents(curve, { seconds: 60 }));
    const events: Buffer[] = [];
    for (let at = 0; at < file.length; ) {
      const length = Number(file.readBigUInt64LE(at));
      const data = file.subarray(at + 12, at + 12 + length);
      expect(file.readUInt32LE(at + 8)).toBe(masked(file.subarray(at, at + 8)));
      expect(file.readUInt32LE(at + 12 + length)).toBe(masked(data));
      events.push(data);
      at += 16 + length;
    }
    expect(events[0]?.subarray(-13).toString()).toBe("brain.Event:2");
    // wall_time 60 s (field 1), step 300 (field 2, varint AC 02), summary (5) { value (1) { tag (1), simple_value (2) } }.
    const scalar = Buffer.from([0x0a, 4, ...Buffer.from("loss"), 0x15, 0, 0, 0x80, 0x3e]);
    const value = Buffer.concat([Buffer.from([0x0a, scalar.length]), scalar]);
    const summary = Buffer.concat([Buffer.from([0x2a, value.length]), value]);
    const time = Buffer.alloc(8);
    time.writeDoubleLE(60);
    expect(events[3]).toEqual(Buffer.concat([Buffer.from([0x09]), time, Buffer.from([0x10, 0xac, 0x02]), summary]));
    expect(events).toHaveLength(5);
  });

  it("is checked by the sums of RFC 3720", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });
});

/** The rotation and the constant of TensorFlow's `crc32c::Mask`, in whole numbers. */
function masked(data: Uint8Array): number {
  const crc = BigInt(crc32c(data));
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}
