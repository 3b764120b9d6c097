import type { SpecIssue } from "@loramill/contracts";

/** Collects what is wrong with a spec, by field. */
export interface Report {
  /** It cannot be made. */
  error(field: string, message: string): void;
  /** It can, but something of it has no effect or is unwise. */
  warning(field: string, message: string): void;
}

export function collectIssues(check: (report: Report) => void): SpecIssue[] {
  const issues: SpecIssue[] = [];
  check({
    error: (field, message) => void issues.push({ field, severity: "error", message }),
    warning: (field, message) => void issues.push({ field, severity: "warning", message }),
  });
  return issues;
}
