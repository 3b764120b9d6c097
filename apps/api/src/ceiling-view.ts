import type { CeilingLimit } from "@loramill/catalog";
import type { CeilingView } from "@loramill/contracts";

export function ceilingView({
  of,
  since,
  reopensAt,
  limitMicroUsd,
  spentMicroUsd,
  reservedMicroUsd,
}: CeilingLimit): CeilingView {
  const { scope, period } = of;
  return {
    scope,
    period,
    limitMicroUsd,
    spentMicroUsd,
    reservedMicroUsd,
    since: since.toISOString(),
    reopensAt: reopensAt?.toISOString() ?? null,
  };
}
