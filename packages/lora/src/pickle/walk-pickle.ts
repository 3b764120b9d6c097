import { badTorchFile, unsafePickle } from "./pickle-error.ts";
import { isRecord, type PickleValue, type RecordOf } from "./pickle-values.ts";
import { allowedNames } from "./torch-names.ts";
import { reduce, storageOf } from "./torch-records.ts";

const MAX_STACK = 1_000_000;
const MAX_TEXT_BYTES = 1 << 20;
const MARK = Symbol("mark");

/** Opcodes that a reader of the format knows and this one refuses, for messages. */
const refusedOpcodes: Readonly<Record<number, string>> = {
  105: "INST",
  111: "OBJ",
  80: "PERSID",
  130: "EXT1",
  131: "EXT2",
  132: "EXT4",
  146: "NEWOBJ_EX",
  147: "STACK_GLOBAL",
  148: "MEMOIZE",
  149: "FRAME",
};

export interface WalkedPickle {
  readonly value: PickleValue;
  /** First byte after the pickle. */
  readonly end: number;
}

/**
 * Reads one protocol-2 pickle by walking its opcodes: those that torch's own safe loader accepts, and no others. No name
 * is looked up and nothing is called or imported; the result is plain data and records. Takes time and memory in
 * proportion to the bytes. Throws UserError `unsafe-pickle` (what was asked for, and where) or `bad-torch-file`.
 */
export function walkPickle(bytes: Uint8Array, start = 0): WalkedPickle {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: (PickleValue | typeof MARK)[] = [];
  const memo = new Map<number, PickleValue>();
  let at = start;

  function take(length: number): number {
    const from = at;
    if (length > bytes.length - at) throw badTorchFile("its pickle ends in the middle of an opcode");
    at += length;
    return from;
  }
  function push(value: PickleValue | typeof MARK): void {
    if (stack.length >= MAX_STACK) throw badTorchFile("its pickle needs too deep a stack");
    stack.push(value);
  }
  function pop(): PickleValue {
    const value = stack.pop();
    if (value === undefined || value === MARK) throw badTorchFile("its pickle takes more from the stack than is there");
    return value;
  }
  function popToMark(): PickleValue[] {
    const mark = stack.lastIndexOf(MARK);
    if (mark === -1) throw badTorchFile("its pickle takes more from the stack than is there");
    return stack.splice(mark).slice(1) as PickleValue[];
  }
  function top<K extends "list" | "dict">(kind: K): RecordOf<K> {
    const value = stack.at(-1);
    if (value !== MARK && isRecord(value, kind)) return value;
    throw badTorchFile(`its pickle fills a ${kind} that is not there`);
  }
  function text(length: number): string {
    if (length > MAX_TEXT_BYTES) throw badTorchFile("its pickle holds too long a text");
    const from = take(length);
    return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString("utf8");
  }
  function line(): string {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1 || end - at > 256) throw badTorchFile("its pickle holds a name without end");
    const found = text(end - at);
    at += 1;
    return found;
  }
  function fill(items: readonly PickleValue[]): void {
    if (items.length % 2 === 1) throw badTorchFile("its pickle fills a dictionary with half a pair");
    const { entries } = top("dict");
    for (let i = 0; i < items.length; i += 2) entries.push([items[i] ?? null, items[i + 1] ?? null]);
  }
  function remember(index: number): void {
    const value = stack.at(-1);
    if (value === undefined || value === MARK) throw badTorchFile("its pickle remembers what is not there");
    memo.set(index, value);
  }
  function recall(index: number): PickleValue {
    const value = memo.get(index);
    if (value === undefined) throw badTorchFile("its pickle recalls what it never remembered");
    return value;
  }
  function long(): number {
    const length = bytes[take(1)] ?? 0;
    const from = take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(bytes[from + i] ?? 0);
    return Number(BigInt.asIntN(length * 8, value));
  }

  for (;;) {
    const opcode = bytes[take(1)] ?? 0;
    switch (opcode) {
      case 0x80: {
        const protocol = bytes[take(1)] ?? 0;
        if (protocol !== 2) throw badTorchFile(`its pickle has protocol ${protocol}; torch writes 2`);
        break;
      }
      case 0x2e:
        return { value: pop(), end: at };
      case 0x28:
        push(MARK);
        break;
      case 0x4e:
        push(null);
        break;
      case 0x88:
      case 0x89:
        push(opcode === 0x88);
        break;
      case 0x4a:
        push(view.getInt32(take(4), true));
        break;
      case 0x4b:
        push(view.getUint8(take(1)));
        break;
      case 0x4d:
        push(view.getUint16(take(2), true));
        break;
      case 0x8a:
        push(long());
        break;
      case 0x47:
        push(view.getFloat64(take(8), false));
        break;
      case 0x58:
        push(text(view.getUint32(take(4), true)));
        break;
      case 0x55:
        push(text(view.getUint8(take(1))));
        break;
      case 0x29:
        push({ kind: "tuple", items: [] });
        break;
      case 0x74:
        push({ kind: "tuple", items: popToMark() });
        break;
      case 0x85:
      case 0x86:
      case 0x87:
        push({ kind: "tuple", items: Array.from({ length: opcode - 0x84 }, pop).reverse() });
        break;
      case 0x5d:
      case 0x8f:
        push({ kind: "list", items: [] });
        break;
      case 0x61: {
        const item = pop();
        top("list").items.push(item);
        break;
      }
      case 0x65: {
        const items = popToMark();
        const list = top("list");
        for (const item of items) list.items.push(item);
        break;
      }
      case 0x7d:
        push({ kind: "dict", entries: [] });
        break;
      case 0x73: {
        const value = pop();
        fill([pop(), value]);
        break;
      }
      case 0x75:
        fill(popToMark());
        break;
      case 0x68:
        push(recall(view.getUint8(take(1))));
        break;
      case 0x6a:
        push(recall(view.getUint32(take(4), true)));
        break;
      case 0x71:
        remember(view.getUint8(take(1)));
        break;
      case 0x72:
        remember(view.getUint32(take(4), true));
        break;
      case 0x63: {
        const from = at - 1;
        const name = `${line()}.${line()}`;
        if (!allowedNames.has(name)) throw unsafePickle(name, from);
        push({ kind: "global", name });
        break;
      }
      case 0x51:
        push(storageOf(pop()));
        break;
      case 0x52:
      case 0x81: {
        const args = pop();
        push(reduce(pop(), args, at - 1));
        break;
      }
      case 0x62:
        // The attributes of a dictionary (torch keeps versions of modules there) are of no use here.
        pop();
        top("dict");
        break;
      default: {
        const name = refusedOpcodes[opcode];
        if (name !== undefined) throw unsafePickle(`the opcode ${name}`, at - 1);
        throw badTorchFile(`its pickle has the unknown opcode 0x${opcode.toString(16)} at byte ${at - 1}`);
      }
    }
  }
}
