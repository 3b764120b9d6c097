import type { PlanLock } from "@loramill/contracts";

/** Planned steps; each opens to all that decides its result. */
export function PlanSteps({ steps }: { readonly steps: PlanLock["steps"] }) {
  return (
    <div className="stack-tight">
      {steps.map((step) => (
        <details key={step.name}>
          <summary>
            <strong>{step.name}</strong>{" "}
            <span className="muted">
              {step.job} v{step.jobVersion}
              {step.needs.length > 0 && `, after ${step.needs.join(", ")}`}
            </span>
          </summary>
          <pre className="log">{JSON.stringify(step.params, null, 2)}</pre>
        </details>
      ))}
    </div>
  );
}
