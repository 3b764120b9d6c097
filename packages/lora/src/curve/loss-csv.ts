import type { LossPoint } from "@loramill/contracts";

/** A loss curve as CSV (RFC 4180): `step,loss,averageLoss`, one line a step that was noted. */
export function lossCsv(curve: readonly LossPoint[]): string {
  const lines = curve.map(({ step, loss, averageLoss }) => `${step},${loss},${averageLoss}`);
  return `${["step,loss,averageLoss", ...lines].join("\r\n")}\r\n`;
}
