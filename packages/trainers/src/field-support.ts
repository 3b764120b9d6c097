import type { FieldSupport, Json } from "@loramill/contracts";

export const honoured: FieldSupport = { kind: "honoured" };
export const refused = (because: string): FieldSupport => ({ kind: "refused", because });
export const noEffect = (because: string): FieldSupport => ({ kind: "no-effect", because });
export const translated = (to: string): FieldSupport => ({ kind: "translated", to });
export const limited = (values: readonly Json[], because: string): FieldSupport => ({
  kind: "limited",
  values,
  because,
});
