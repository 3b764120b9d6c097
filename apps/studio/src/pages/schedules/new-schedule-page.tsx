import type { RunSpecInput, ScheduleBody } from "@loramill/contracts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toasts.tsx";
import { readersZone } from "./moments.ts";
import { emptyForm, fieldsOfRun, nameOfRun, type ScheduleForm } from "./schedule-form.ts";
import { ScheduleFormView } from "./schedule-form-view.tsx";
import { scheduleHref } from "./schedule-href.ts";

/** Makes a schedule: of nothing, or of the run that the address names. */
export function NewSchedulePage() {
  const client = useClient();
  const [run] = useSearchState("run");
  const { project = "default" } = useProjectFilter();
  const example = useQuery({
    queryKey: ["schedules", "example", run],
    enabled: run !== "",
    queryFn: async ({ signal }) => formOfRun(await client.getSpec(run, signal)),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Page
      title="New schedule"
      crumb={{ href: "/schedules", label: "Schedules" }}
      about="Starts a run at times. What is new in its sources is worked on; what an earlier run has done already costs nothing."
    >
      {run === "" ? (
        <NewSchedule initial={emptyForm(project, readersZone())} />
      ) : (
        <Loaded query={example}>{(initial) => <NewSchedule initial={initial} />}</Loaded>
      )}
    </Page>
  );
}

function formOfRun(spec: RunSpecInput): ScheduleForm {
  return { ...emptyForm(spec.project ?? "default", readersZone()), ...fieldsOfRun(spec), name: nameOfRun(spec) };
}

function NewSchedule({ initial }: { readonly initial: ScheduleForm }) {
  const client = useClient();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const create = useMutation({
    mutationFn: (body: ScheduleBody) => client.schedules.create(body),
    onSuccess: (made) => {
      toast.done(`${made.name} has been made`);
      void queries.invalidateQueries({ queryKey: ["schedules"] });
      navigate(scheduleHref(made));
    },
    meta: { toldInPlace: true },
  });
  return <ScheduleFormView isNew initial={initial} action="Make schedule" back="/schedules" send={create} />;
}
