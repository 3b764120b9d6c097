import { CeilingPeriod } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { useProject } from "../../api/project.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { toast } from "../../ui/toasts.tsx";

/** Sets what may be spent; one that is there gets the new limit. */
export function CeilingDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [project, setProject] = useState(useProject() ?? "");
  const [period, setPeriod] = useState<CeilingPeriod>("day");
  const [limit, setLimit] = useState("");
  const set = useMutation({
    mutationFn: () => client.ceilings.set({ period, ...(project ? { project } : {}) }, Number(limit)),
    onSuccess: (list) => {
      queries.setQueryData(["ceilings"], list);
      toast.done("The ceiling holds from now on");
      onClose();
    },
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate();
  };
  return (
    <Dialog title="Set a ceiling" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <TextField
          label="Project"
          value={project}
          onChange={setProject}
          hint="Left empty, it is of the whole account, which takes the operator's token."
        />
        <SelectField
          label="Period"
          choices={[
            ["hour", "What rented machines cost by the hour"],
            ["day", "What is spent in a day (UTC)"],
            ["total", "What is ever spent"],
          ]}
          value={period}
          onChange={(value) => setPeriod(CeilingPeriod.parse(value))}
        />
        <TextField
          label="Limit in US dollars"
          type="number"
          min={0}
          step="any"
          required
          value={limit}
          onChange={setLimit}
        />
        {set.error && <ProblemNotice error={set.error} />}
        <Button kind="primary" type="submit" busy={set.isPending} disabled={limit === ""}>
          Set ceiling
        </Button>
      </form>
    </Dialog>
  );
}
