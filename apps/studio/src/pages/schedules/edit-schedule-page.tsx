import type { ScheduleBody, ScheduleView } from "@loramill/contracts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toasts.tsx";
import type { PageProps } from "../page-props.ts";
import { readersZone } from "./moments.ts";
import { changeOf, formOf } from "./schedule-form.ts";
import { ScheduleFormView } from "./schedule-form-view.tsx";
import { scheduleHref } from "./schedule-href.ts";

/** Changes a schedule. What waits to begin starts what the schedule says by then. */
export function EditSchedulePage({ params }: PageProps) {
  const client = useClient();
  const name = decodeURIComponent(params.name ?? "");
  const project = decodeURIComponent(params.project ?? "");
  // Asked once: what is typed is not to be overwritten.
  const query = useQuery({
    queryKey: ["schedule-before-change", project, name],
    queryFn: ({ signal }) => client.schedules.get(name, { project, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return (
    <Page
      title={`Change ${name}`}
      crumb={{ href: scheduleHref({ project, name }), label: name }}
      about="Fires that wait keep their time and start what the schedule says by then; runs that are open go on as they are."
    >
      <Loaded query={query}>{(before) => <Change before={before} />}</Loaded>
    </Page>
  );
}

function Change({ before }: { readonly before: ScheduleView }) {
  const client = useClient();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { name, project } = before;
  const [initial] = useState(() => formOf(before, readersZone()));
  const save = useMutation({
    mutationFn: async (body: ScheduleBody) => {
      const change = changeOf(before, body);
      return change !== null && (await client.schedules.change(name, change, { project }));
    },
    onSuccess: (changed) => {
      toast.done(changed ? `${name} has been changed` : `Nothing of ${name} was to be changed`);
      void queries.invalidateQueries({ queryKey: ["schedules"] });
      navigate(scheduleHref(before));
    },
    meta: { toldInPlace: true },
  });
  return (
    <ScheduleFormView isNew={false} initial={initial} action="Save changes" back={scheduleHref(before)} send={save} />
  );
}
