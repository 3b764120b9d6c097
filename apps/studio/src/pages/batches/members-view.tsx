import { type BatchMember, type BatchView, type Json, MemberState } from "@loramill/contracts";
import { useState } from "react";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { usePages } from "../../api/use-pages.ts";
import { formatCount, formatSeconds, formatUsd, secondsBetween } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { ChangeRunsDialog } from "../runs/change-runs-dialog.tsx";
import { memberStates } from "./member-states.ts";

const REFRESH_MS = 3_000;

/** The runs of a batch in their order; by state. */
export function MembersView({ batch: { id, counts, total } }: { readonly batch: BatchView }) {
  const client = useClient();
  const [asked, setState] = useSearchState("state");
  const [isChanging, setChanging] = useState(false);
  const state = MemberState.safeParse(asked).data;
  const pages = usePages({
    key: ["batches", "members", id, state],
    fetch: (page) => client.batches.members(id, { ...page, ...(state === undefined ? {} : { state }), limit: 100 }),
    everyMs: REFRESH_MS,
  });
  const choices: Choice[] = [
    ["", `All ${formatCount(total)}`],
    ...memberStates
      .filter((each) => counts[each] > 0 || each === state)
      .map((each): Choice => [each, `${each} (${formatCount(counts[each])})`]),
  ];
  return (
    <Card
      title="Runs"
      flush
      actions={
        <span className="row">
          <Filter label="State" choices={choices} value={asked} onChange={setState} />
          <Button icon="edit" onClick={() => setChanging(true)}>
            Change many
          </Button>
        </span>
      }
    >
      <PagedTable
        label="Runs of the batch"
        pages={pages}
        columns={COLUMNS}
        rowKey={({ number }) => `${number}`}
        empty={<Empty icon="search" title="No run of it is like that" />}
      />
      {isChanging && <ChangeRunsDialog initial={{}} batch={id} onClose={() => setChanging(false)} />}
    </Card>
  );
}

const COLUMNS: readonly Column<BatchMember>[] = [
  { name: "No.", end: true, cell: ({ number }) => number },
  {
    name: "Name",
    main: true,
    cell: ({ name, run }) => (run === null ? name : <Link href={`/runs/${run.id}`}>{name}</Link>),
  },
  { name: "State", cell: ({ state }) => <StateBadge state={state} /> },
  { name: "Differs by", wide: true, cell: ({ values }) => <Values values={values} /> },
  { name: "Made", wide: true, cell: (member) => <Made member={member} /> },
  { name: "Took", end: true, cell: (member) => <Took member={member} /> },
  { name: "Cost", end: true, cell: ({ run }) => (run === null ? "" : formatUsd(run.spentMicroUsd)) },
];

/** Of `{ folder, row, matrix }` what is one value; rows and matrices have such by name. */
function Values({ values }: Pick<BatchMember, "values">) {
  const pairs = Object.entries(values).flatMap(([name, value]): [string, Json][] =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [[name, value]],
  );
  const told = pairs.map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return <span className="muted">{told.join(", ")}</span>;
}

function Made({ member: { loras, pictures, error } }: { readonly member: BatchMember }) {
  if (error !== null) return <span title={error.code}>{error.message}</span>;
  const files = pictures === 0 ? [] : [`${formatCount(pictures)} ${pictures === 1 ? "picture" : "pictures"}`];
  return [...loras.map(({ name, version }) => `${name} v${version}`), ...files].join(", ");
}

function Took({ member: { run } }: { readonly member: BatchMember }) {
  const now = useNow(1_000);
  if (run?.startedAt == null) return null;
  return formatSeconds(Math.max(1, secondsBetween(run.startedAt, run.endedAt, now)));
}
