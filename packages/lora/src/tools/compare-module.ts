import type { Adapter } from "../adapters/adapter.ts";
import { changeInnerProduct, changeOf } from "../changes/change.ts";

export interface ModulePair {
  readonly a: Adapter | null;
  readonly b: Adapter | null;
}

/** Inner products of two changes of one module's weight, from which angles and distances follow. */
export interface ModuleProducts {
  /** ⟨a, a⟩: the square of a's Frobenius norm. */
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
}

/** Of factored changes without forming them. A module that one of the two does not adapt is changed by nothing there. */
export function compareModule({ a, b }: ModulePair): ModuleProducts {
  const [first, second] = [a && changeOf(a), b && changeOf(b)];
  return {
    aa: first ? changeInnerProduct(first, first) : 0,
    ab: first && second ? changeInnerProduct(first, second) : 0,
    bb: second ? changeInnerProduct(second, second) : 0,
  };
}
