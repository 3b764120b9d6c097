import type { RunSpecInput, RunView, SpecProblem } from "@loramill/contracts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { classNames } from "../../lib/class-names.ts";
import { formatCount, formatSeconds, formatUsd } from "../../lib/format.ts";
import { useSettled } from "../../lib/use-settled.ts";
import { Button } from "../../ui/button.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { checkSpec } from "../runs/check-spec.ts";
import { SpecProblems } from "../runs/spec-problems.tsx";
import styles from "./quote-card.module.css";

/** How long nothing changes before it is asked what it would take. */
const REST_MS = 800;

/** What a request would take, asked when it has come to rest, and the button that starts it. */
export function QuoteCard({
  spec,
  label,
  onStarted,
}: {
  /** Null: something is missing, which `children` of the form say. */
  readonly spec: RunSpecInput | null;
  readonly label: string;
  readonly onStarted: (run: RunView) => void;
}) {
  const client = useClient();
  const text = JSON.stringify(spec);
  const rested = useSettled(text, REST_MS);
  const problems = spec === null ? [] : checkSpec(spec);
  const isWhole = spec !== null && problems.length === 0;
  const quote = useQuery({
    queryKey: ["quote", rested],
    enabled: isWhole && rested === text,
    queryFn: ({ signal }) => client.quote(JSON.parse(rested) as RunSpecInput, signal),
    staleTime: 60_000,
    retry: false,
  });
  const overCeiling = (quote.data?.ceilings.length ?? 0) > 0;
  const start = useMutation({
    mutationFn: () => client.createRun(spec as RunSpecInput, { overCeiling }),
    onSuccess: onStarted,
  });
  const items = quote.data?.steps.find(({ kind }) => kind === "generate")?.items ?? null;
  const isReused = quote.data?.steps.every(({ cache }) => cache === "reused") ?? false;
  return (
    <div className="stack">
      <SpecProblems title="Not yet" tone="amber" problems={problems.map(byFormField)} />
      {quote.error && <ProblemNotice error={quote.error} />}
      {overCeiling && <Notice tone="amber">A ceiling has no room for it; it waits until there is some.</Notice>}
      {quote.data?.withinBudget === false && <Notice tone="amber">It does not fit its budget, and stops there.</Notice>}
      <div className="stack-tight">
        <p className={classNames("muted", styles.told)} role="status">
          {quote.data
            ? [
                items === null ? null : `${formatCount(items)} ${items === 1 ? "file" : "files"}`,
                isReused
                  ? "all made before"
                  : `about ${formatSeconds(quote.data.seconds.p50)}, at most ${formatSeconds(quote.data.seconds.p90)}`,
                formatUsd(quote.data.expectedMicroUsd),
              ]
                .filter(Boolean)
                .join(" · ")
            : isWhole && !quote.error
              ? "What will it take?"
              : ""}
        </p>
        <Button
          kind="primary"
          icon="play"
          busy={start.isPending}
          disabled={!isWhole || quote.error !== null}
          onClick={() => start.mutate()}
        >
          {overCeiling ? `${label} all the same` : label}
        </Button>
      </div>
      {quote.data && quote.data.notes.length > 0 && (
        <details>
          <summary className="muted">What was decided</summary>
          <ul className="muted bullets">
            {quote.data.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** A field of the spec as the form calls it. */
const byFormField = ({ field, message }: SpecProblem): SpecProblem => ({
  field: field.replace(/^generate\.(request\.)?/, ""),
  message,
});
