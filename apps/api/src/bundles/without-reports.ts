import type { BundledStep } from "@loramill/bundles";

/**
 * The pages that tell of a dataset are not in bundles: they are programs of somebody else to whoever opens them. What named
 * them is taken away with them.
 */
export function withoutReports(steps: readonly BundledStep[]): BundledStep[] {
  return steps.map(({ planned, record }) => {
    const { report: _, ...summary } = record.summary;
    return { planned, record: { ...record, summary, error: withoutReport(record.error) } };
  });
}

function withoutReport(error: BundledStep["record"]["error"]): BundledStep["record"]["error"] {
  if (error === null) return null;
  const { report: _, ...details } = error.details;
  return { ...error, details };
}
