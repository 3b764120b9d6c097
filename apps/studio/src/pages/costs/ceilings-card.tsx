import type { CeilingView } from "@loramill/contracts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatUsd } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Progress } from "../../ui/progress.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { toast } from "../../ui/toasts.tsx";
import { CeilingDialog } from "./ceiling-dialog.tsx";
import styles from "./costs-page.module.css";

const REFRESH_MS = 10_000;
const PERIODS: Readonly<Record<CeilingView["period"], string>> = { hour: "an hour", day: "a day", total: "in all" };

/** What may be spent at most, and how much of it is. */
export function CeilingsCard() {
  const client = useClient();
  const [isSetting, setSetting] = useState(false);
  const query = useQuery({
    queryKey: ["ceilings"],
    queryFn: ({ signal }) => client.ceilings.list(signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Card
      title="Ceilings"
      actions={
        <Button small icon="plus" onClick={() => setSetting(true)}>
          Set a ceiling
        </Button>
      }
    >
      <Loaded query={query} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">
              Nothing limits what is spent, besides the budgets of single runs. A ceiling holds for the account or a
              project, by the hour, by the day or in all.
            </p>
          ) : (
            <div className={styles.ceilings}>
              {items.map((ceiling) => (
                <Ceiling key={`${projectOf(ceiling) ?? ""} ${ceiling.period}`} ceiling={ceiling} />
              ))}
            </div>
          )
        }
      </Loaded>
      {isSetting && <CeilingDialog onClose={() => setSetting(false)} />}
    </Card>
  );
}

const projectOf = ({ scope }: CeilingView): string | null => (scope.kind === "project" ? scope.project : null);

function Ceiling({ ceiling }: { readonly ceiling: CeilingView }) {
  const client = useClient();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const project = projectOf(ceiling);
  const { period, limitMicroUsd, spentMicroUsd, reservedMicroUsd, reopensAt } = ceiling;
  const used = spentMicroUsd + reservedMicroUsd;
  const name = `${project ?? "Account"}, ${PERIODS[period]}`;
  const remove = useMutation({
    mutationFn: () => client.ceilings.remove({ period, ...(project === null ? {} : { project }) }),
    onSuccess: (list) => {
      queries.setQueryData(["ceilings"], list);
      toast.done("The ceiling is gone");
    },
  });
  const ask = async () => {
    const question = { title: `Remove the ceiling of ${name}?`, body: <p>Nothing but budgets limits it then.</p> };
    if (await confirm({ ...question, action: "Remove", danger: true })) remove.mutate();
  };
  return (
    <div className="stack-tight">
      <div className="spread">
        <strong>{name}</strong>
        <Button small kind="plain" icon="trash" aria-label={`Remove the ceiling of ${name}`} onClick={ask} />
      </div>
      <Progress
        share={limitMicroUsd === 0 ? 1 : used / limitMicroUsd}
        tone={used >= limitMicroUsd ? "red" : "blue"}
        label={`Spent of the ceiling of ${name}`}
      />
      <span className="muted number">
        {formatUsd(spentMicroUsd)}
        {reservedMicroUsd > 0 && ` and ${formatUsd(reservedMicroUsd)} set aside`} of {formatUsd(limitMicroUsd)}
        {reopensAt !== null && (
          <>
            , anew <TimeAgo at={reopensAt} />
          </>
        )}
      </span>
    </div>
  );
}
