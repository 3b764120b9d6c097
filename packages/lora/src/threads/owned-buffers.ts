/**
 * A copy of plain data whose byte and number arrays each own their buffer, and those buffers: what can be moved to another
 * thread. A message would otherwise copy the whole file that a tensor is a view of, and moving it would take the file away.
 */
export function withOwnBuffers<T>(value: T): { readonly value: T; readonly buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  return { value: own(value, buffers) as T, buffers };
}

function own(value: unknown, buffers: ArrayBuffer[]): unknown {
  if (value instanceof Uint8Array || value instanceof Float64Array) {
    // Not `slice`, which for a Buffer is another view of the same memory.
    const copy = value instanceof Uint8Array ? new Uint8Array(value) : new Float64Array(value);
    buffers.push(copy.buffer);
    return copy;
  }
  if (Array.isArray(value)) return value.map((each) => own(each, buffers));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, own(each, buffers)]));
}
