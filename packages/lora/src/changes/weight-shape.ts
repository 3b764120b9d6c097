import type { AdapterOutline } from "../adapters/adapter.ts";

/**
 * Shape of the weight that an adapter changes, [out, in, …kernel]; a kernel that the adapter holds flattened stays so. Null
 * when it changes none, or is incomplete.
 */
export function weightShape({ kind, tensors }: AdapterOutline): readonly number[] | null {
  switch (kind) {
    case "lora": {
      const [up, down, mid] = [tensors.up?.shape, tensors.down?.shape, tensors.mid?.shape];
      if (up === undefined || down === undefined) return null;
      return [up[0] ?? 1, ...down.slice(1, mid ? 2 : undefined), ...(mid?.slice(2) ?? [])];
    }
    case "loha": {
      const [a, b, core] = [tensors.hada_w1_a?.shape, tensors.hada_w1_b?.shape, tensors.hada_t1?.shape];
      if (a === undefined || b === undefined) return null;
      return core ? [a[1] ?? 1, b[1] ?? 1, ...core.slice(2)] : [a[0] ?? 1, ...b.slice(1)];
    }
    case "lokr": {
      const one = kroneckerShape(tensors.lokr_w1, tensors.lokr_w1_a, tensors.lokr_w1_b);
      const two = kroneckerShape(tensors.lokr_w2, tensors.lokr_w2_a, tensors.lokr_w2_b, tensors.lokr_t2);
      if (one === null || two === null) return null;
      return [(one[0] ?? 1) * (two[0] ?? 1), (one[1] ?? 1) * (two[1] ?? 1), ...two.slice(2)];
    }
    case "full":
      return tensors.diff?.shape ?? null;
  }
}

type Shaped = { readonly shape: readonly number[] } | undefined;

function kroneckerShape(whole: Shaped, a: Shaped, b: Shaped, core?: Shaped): readonly number[] | null {
  if (whole !== undefined) return whole.shape;
  if (a === undefined || b === undefined) return null;
  return core ? [a.shape[1] ?? 1, b.shape[1] ?? 1, ...core.shape.slice(2)] : [a.shape[0] ?? 1, ...b.shape.slice(1)];
}

/** Columns of the weight as a matrix: input channels times kernel. */
export function inputsOf(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}
