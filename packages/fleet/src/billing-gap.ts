import type { MicroUsd } from "@loramill/contracts";

/** What was billed over what was charged, less 1: 0 where the two agree, 1 where something was billed and nothing charged. */
export function billingGap(sums: { readonly billedMicroUsd: MicroUsd; readonly chargedMicroUsd: MicroUsd }): number {
  const { billedMicroUsd, chargedMicroUsd } = sums;
  return chargedMicroUsd > 0 ? billedMicroUsd / chargedMicroUsd - 1 : Math.sign(billedMicroUsd);
}
