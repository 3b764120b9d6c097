import {
  type BulkAction,
  BulkChangeRequest,
  type RunSummary,
  type SpecProblem,
  specProblems,
} from "@loramill/contracts";

/** A change of many runs as it is typed. */
export interface BulkForm {
  readonly kind: BulkAction["kind"];
  /** Of `resume`; empty: as each run had it. */
  readonly budgetUsd: string;
  readonly deadline: string;
  /** Of `priority`: 0 is served first. */
  readonly priority: string;
  /** None: whatever they are. */
  readonly states: readonly RunSummary["state"][];
  readonly project: string;
  /** A name, in which * stands for anything. */
  readonly name: string;
  readonly errorCode: string;
  readonly createdAfter: string;
  readonly createdBefore: string;
}

export const emptyBulkForm = (part: Partial<BulkForm>): BulkForm => ({
  ...{ kind: "cancel", budgetUsd: "", deadline: "", priority: "0", states: [], project: "", name: "", errorCode: "" },
  ...{ createdAfter: "", createdBefore: "" },
  ...part,
});

export type ReadBulkForm =
  | { readonly request: BulkChangeRequest; readonly problems: readonly [] }
  | { readonly request: null; readonly problems: readonly SpecProblem[] };

/** What is asked for, or what is wrong with it. `batch`: only runs of that one. */
export function readBulkForm(form: BulkForm, batch?: string): ReadBulkForm {
  const { states, project, name, errorCode, createdAfter, createdBefore } = form;
  const filter = {
    ...(batch === undefined ? {} : { batch }),
    ...(states.length === 0 ? {} : { states }),
    ...(project === "" ? {} : { project }),
    ...(name === "" ? {} : { name }),
    ...(errorCode === "" ? {} : { errorCode }),
    ...(createdAfter === "" ? {} : { createdAfter: new Date(createdAfter).toISOString() }),
    ...(createdBefore === "" ? {} : { createdBefore: new Date(createdBefore).toISOString() }),
  };
  const parsed = BulkChangeRequest.safeParse({ action: actionOf(form), filter }, { reportInput: true });
  if (parsed.success) return { request: parsed.data, problems: [] };
  return { request: null, problems: specProblems(parsed.error.issues, { schema: BulkChangeRequest }) };
}

function actionOf({ kind, budgetUsd, deadline, priority }: BulkForm): BulkAction {
  switch (kind) {
    case "cancel":
      return { kind };
    case "priority":
      return { kind, priority: priority === "" ? Number.NaN : Number(priority) };
    case "resume":
      return {
        kind,
        ...(budgetUsd === "" ? {} : { budgetUsd: Number(budgetUsd) }),
        ...(deadline === "" ? {} : { deadline: new Date(deadline).toISOString() }),
      };
  }
}
