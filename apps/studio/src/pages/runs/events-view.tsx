import { type RunEvent, runEvents, type StepView } from "@loramill/contracts";
import { useMemo } from "react";
import { useSearchState } from "../../lib/use-search-state.ts";
import type { Tone } from "../../ui/badge.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

/** Newest first; more than these are a matter for `loramill logs`. */
const MOST_SHOWN = 500;

/** What was told of a run, as it is told. Progress of jobs is left out unless it is asked for: it drowns the rest. */
export function EventsView({
  events,
  steps,
}: {
  readonly events: readonly RunEvent[];
  readonly steps: readonly StepView[];
}) {
  const [step, setStep] = useSearchState("of");
  const [kind, setKind] = useSearchState("events");
  const shown = useMemo(
    () =>
      events
        .filter((event) => step === "" || event.step === step)
        .filter((event) =>
          kind === "all" ? true : kind === "trouble" ? isTrouble(event) : !/\.progress$/.test(event.type),
        )
        .slice(-MOST_SHOWN)
        .reverse(),
    [events, step, kind],
  );
  const names: Choice[] = steps.map(({ name }) => [name, name]);
  return (
    <div className="stack-tight">
      <div className="row">
        <Filter label="Step" choices={[["", "All steps"], ...names]} value={step} onChange={setStep} />
        <Filter
          label="Events"
          choices={[
            ["", "All but progress"],
            ["all", "With progress"],
            ["trouble", "Trouble only"],
          ]}
          value={kind}
          onChange={setKind}
        />
      </div>
      {shown.length === 0 ? (
        <Empty icon="info" title="Nothing was told">
          Events appear here as they happen.
        </Empty>
      ) : (
        <Table label="Events" columns={COLUMNS} rows={shown} rowKey={({ id }) => String(id)} />
      )}
    </div>
  );
}

const TROUBLE =
  /failed|quarantined|retrying|worker-lost|refused|warning|stopped|exhausted|lost|diverged|out-of-memory|off-quote/;
const isTrouble = ({ type }: RunEvent): boolean => TROUBLE.test(type);

function toneOf(event: RunEvent): Tone {
  if (/\.(failed|quarantined)$/.test(event.type)) return "red";
  if (isTrouble(event)) return "amber";
  if (/\.(succeeded|published|as-quoted)$/.test(event.type)) return "green";
  return /\.reused$/.test(event.type) ? "violet" : "grey";
}

const COLUMNS: readonly Column<RunEvent>[] = [
  { name: "When", cell: ({ at }) => <TimeAgo at={at} /> },
  { name: "Step", cell: ({ step }) => step ?? "" },
  {
    name: "Event",
    cell: (event) => (
      <Badge tone={toneOf(event)} title={meaningOf(event.type)}>
        {event.type}
      </Badge>
    ),
  },
  { name: "Details", wide: true, cell: ({ data }) => <EventData data={data} /> },
];

const meaningOf = (type: string): string => runEvents[type as keyof typeof runEvents] ?? "";

function EventData({ data }: Pick<RunEvent, "data">) {
  const { message, reason, error } = data;
  const told = [message, reason].find((value) => typeof value === "string");
  const failure = typeof error === "object" && error !== null && "message" in error ? error.message : null;
  const text = told ?? failure;
  if (typeof text === "string") return <span title={JSON.stringify(data)}>{text}</span>;
  const plain = Object.entries(data).filter(([, value]) => typeof value !== "object");
  return (
    <span className="muted mono" title={JSON.stringify(data)}>
      {plain.map(([name, value]) => `${name} ${shorten(value)}`).join(" · ")}
    </span>
  );
}

const shorten = (value: unknown): string =>
  typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value).slice(0, 60);
