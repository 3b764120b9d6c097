import type { FleetView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatUsd } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { AuditView } from "./audit-view.tsx";
import { BillsView } from "./bills-view.tsx";
import { DecisionsView } from "./decisions-view.tsx";
import { FleetSwitches } from "./fleet-switches.tsx";
import { MachinesView } from "./machines-view.tsx";
import { OffersView } from "./offers-view.tsx";

const REFRESH_MS = 4_000;

/** Rented machines: what there is, what is planned and why, what could be had, and what it all cost. */
export function FleetPage() {
  const client = useClient();
  const query = useQuery({
    queryKey: ["fleet"],
    queryFn: ({ signal }) => client.fleet.get({ ended: true, signal }),
    refetchInterval: REFRESH_MS,
  });
  const fleet = query.data;
  return (
    <Page
      title="Fleet"
      badge={fleet && <FleetBadges fleet={fleet} />}
      actions={fleet && isConfigured(fleet) && <FleetSwitches fleet={fleet} />}
    >
      <Loaded query={query} lines={8}>
        {(known) => (isConfigured(known) ? <Fleet fleet={known} /> : <NoFleet />)}
      </Loaded>
    </Page>
  );
}

const isConfigured = ({ plannedAt, machines }: FleetView): boolean => plannedAt !== null || machines.length > 0;

function NoFleet() {
  return (
    <Empty icon="fleet" title="No machines are rented">
      Trainings run on this machine, on servers of your own and on hosted services. To rent GPUs when there is work for
      them, set <code>FLEET_PROVIDERS</code> and the account of a provider: docs/fleet.md.
    </Empty>
  );
}

function FleetBadges({ fleet }: { readonly fleet: FleetView }) {
  return (
    <>
      {fleet.stopped && (
        <Badge tone="red" icon="stop">
          stopped
        </Badge>
      )}
      {fleet.dryRun && (
        <Badge tone="amber" icon="info">
          dry run
        </Badge>
      )}
    </>
  );
}

function Fleet({ fleet }: { readonly fleet: FleetView }) {
  const living = fleet.machines.filter(({ state }) => state !== "ended");
  return (
    <div className="stack">
      {fleet.stopped && (
        <Notice tone="red" title="Nothing is rented">
          {fleet.stopped.reason}
          {fleet.stopped.by && ` (by ${fleet.stopped.by})`}
        </Notice>
      )}
      <Stats
        facts={[
          ["Machines", living.length, `${living.filter(({ active }) => (active ?? 0) > 0).length} at work`],
          ["Now by the hour", formatUsd(fleet.pricePerHourMicroUsd)],
          ["Last planned", fleet.plannedAt === null ? "never" : <TimeAgo at={fleet.plannedAt} />],
        ]}
      />
      <Tabs
        label="About the fleet"
        tabs={[
          {
            id: "machines",
            label: "Machines",
            count: living.length,
            content: () => <MachinesView machines={fleet.machines} />,
          },
          { id: "plan", label: "Plan", content: () => <DecisionsView /> },
          { id: "offers", label: "Offers", content: () => <OffersView /> },
          { id: "bills", label: "Bills", content: () => <BillsView /> },
          { id: "audit", label: "Audit", content: () => <AuditView /> },
        ]}
      />
    </div>
  );
}
