import type { DoctorCheck } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Prose } from "../../ui/prose.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

/** What the doctor finds: every part of the installation, and what to do where one is not well. */
export function HealthPage() {
  const client = useClient();
  const query = useQuery({
    queryKey: ["doctor"],
    queryFn: ({ signal }) => client.doctor({}, signal),
    staleTime: 30_000,
  });
  return (
    <Page
      title="Health"
      about={
        query.data && (
          <>
            Looked at <TimeAgo at={new Date(query.dataUpdatedAt).toISOString()} />. <code>loramill doctor NAME</code>{" "}
            tries a part thoroughly.
          </>
        )
      }
      actions={
        <Button icon="reuse" busy={query.isFetching} onClick={() => query.refetch()}>
          Look again
        </Button>
      }
    >
      <Loaded query={query} lines={10}>
        {({ checks }) => (
          <div className="stack">
            <Verdict checks={checks} />
            <Table label="Parts" columns={COLUMNS} rows={[...checks].sort(worstFirst)} rowKey={({ name }) => name} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const LOOKS: Readonly<Record<DoctorCheck["status"], readonly [Tone, IconName]>> = {
  error: ["red", "cross"],
  warning: ["amber", "warning"],
  ok: ["green", "check"],
  off: ["grey", "blocked"],
};
const ORDER = Object.keys(LOOKS);
const worstFirst = (a: DoctorCheck, b: DoctorCheck): number => ORDER.indexOf(a.status) - ORDER.indexOf(b.status);

function Verdict({ checks }: { readonly checks: readonly DoctorCheck[] }) {
  const errors = checks.filter(({ status }) => status === "error").length;
  const warnings = checks.filter(({ status }) => status === "warning").length;
  if (errors > 0) return <Notice tone="red" title={`${errors} ${errors === 1 ? "part does" : "parts do"} not work`} />;
  if (warnings > 0)
    return <Notice tone="amber" title={`Works, with ${warnings} ${warnings === 1 ? "warning" : "warnings"}`} />;
  return <Notice tone="green" title="Everything that is configured works" />;
}

const COLUMNS: readonly Column<DoctorCheck>[] = [
  { name: "Part", main: true, cell: ({ name }) => name },
  {
    name: "Status",
    cell: ({ status }) => (
      <Badge tone={LOOKS[status][0]} icon={LOOKS[status][1]}>
        {status}
      </Badge>
    ),
  },
  {
    name: "What was found",
    wide: true,
    cell: ({ message, advice }) => (
      <>
        <Prose text={message} />
        {advice && (
          <div className="muted">
            <Prose text={advice} />
          </div>
        )}
      </>
    ),
  },
];
