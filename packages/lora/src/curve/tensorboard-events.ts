import type { LossPoint } from "@loramill/contracts";
import { crc32c } from "./crc32c.ts";

/** What TensorFlow adds to every checksum, so that one of data that holds checksums is not fooled by them. */
const MASK_DELTA = 0xa282ead8;

/** Kinds of a protobuf field, its number times eight added. */
const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;
const FLOAT = 5;

/**
 * A loss curve as a TensorBoard event file: the scalars `loss` and `loss/average` by step. Times are spread evenly over
 * `seconds`. Source: tensorflow/core/util/event.proto, framework/summary.proto, and the TFRecord format.
 */
export function tensorboardEvents(curve: readonly LossPoint[], { seconds }: { readonly seconds: number }): Uint8Array {
  const last = Math.max(1, curve.at(-1)?.step ?? 1);
  const records = [record(Buffer.concat([double(1, 0), bytes(3, Buffer.from("brain.Event:2"))]))];
  for (const { step, loss, averageLoss } of curve) {
    const time = double(1, (seconds * step) / last);
    for (const [tag, value] of [
      ["loss", loss],
      ["loss/average", averageLoss],
    ] as const) {
      const scalar = Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)]);
      records.push(record(Buffer.concat([time, varint(2, step), bytes(5, bytes(1, scalar))])));
    }
  }
  return Buffer.concat(records);
}

/** Length, its checksum, the data, its checksum. */
function record(data: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length));
  head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
  const foot = Buffer.alloc(4);
  foot.writeUInt32LE(maskedCrc(data));
  return Buffer.concat([head, data, foot]);
}

function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + VARINT]), Buffer.from(varintBytes(value))]);
}

function bytes(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + BYTES, ...varintBytes(value.length)]), value]);
}

function double(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(9);
  buffer[0] = field * 8 + DOUBLE;
  buffer.writeDoubleLE(value, 1);
  return buffer;
}

function float(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(5);
  buffer[0] = field * 8 + FLOAT;
  buffer.writeFloatLE(value, 1);
  return buffer;
}

/** Seven bits a byte, the lowest first. */
function varintBytes(value: number): number[] {
  const found: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) found.push((rest % 128) + 128);
  return [...found, rest];
}
