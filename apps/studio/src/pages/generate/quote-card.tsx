import { RunSpec, type RunSpecInput, type RunView, specProblems } from "@loramill/contracts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatSeconds, formatUsd } from "../../lib/format.ts";
import { useSettled } from "../../lib/use-settled.ts";
import { Button } from "../../ui/button.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";

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
  const parsed = spec === null ? null : RunSpec.safeParse(spec, { reportInput: true });
  const quote = useQuery({
    queryKey: ["quote", rested],
    enabled: parsed?.success === true && rested === text,
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
      {parsed?.success === false && (
        <Notice tone="amber" title="Not yet">
          <ul>
            {specProblems(parsed.error.issues, { schema: RunSpec }).map(({ field, message }) => (
              <li key={field}>
                <code>{field.replace(/^generate\.(request\.)?/, "")}</code>: {message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {quote.error && <ProblemNotice error={quote.error} />}
      {overCeiling && <Notice tone="amber">A ceiling has no room for it; it waits until there is some.</Notice>}
      {quote.data?.withinBudget === false && <Notice tone="amber">It does not fit its budget, and stops there.</Notice>}
      <div className="spread">
        <span className="muted" role="status">
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
            : parsed?.success && !quote.error
              ? "What will it take?"
              : ""}
        </span>
        <Button
          kind="primary"
          icon="play"
          busy={start.isPending}
          disabled={parsed?.success !== true || quote.error !== null}
          onClick={() => start.mutate()}
        >
          {overCeiling ? `${label} all the same` : label}
        </Button>
      </div>
      {quote.data && quote.data.notes.length > 0 && (
        <details>
          <summary className="muted">What was decided</summary>
          <ul className="muted">
            {quote.data.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
