import {
  LoraFamily,
  type LoraFinding,
  type LoraValidateRequest,
  type LoraValidation,
  type LoraView,
} from "@loramill/contracts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatCount } from "../../lib/format.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { type Choice, SelectField, TextField } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Progress } from "../../ui/progress.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { ReportOfRun } from "./report-of-run.tsx";

/** Whether a LoRA will load where it is to be used: by its header at once, value by value in a run. */
export function DoctorView({ lora, project }: { readonly lora: LoraView; readonly project: string | undefined }) {
  const client = useClient();
  const [use, setUse] = useSearchState("use");
  const [strength, setStrength] = useSearchState("strength");
  const [run, setRun] = useState<{ readonly id: string; readonly use: string } | null>(null);
  const asked: LoraValidateRequest = {
    ...useOf(use),
    ...(strength === "" || Number.isNaN(Number(strength)) ? {} : { strength: Number(strength) }),
  };
  const models = useQuery({ queryKey: ["models"], queryFn: ({ signal }) => client.models.list(signal) });
  const byHeader = useQuery({
    queryKey: ["lora-doctor", lora.id, project, asked],
    queryFn: ({ signal }) => client.loras.validateHeader(lora.id, asked, { project, signal }),
  });
  const byValues = useMutation({
    mutationFn: () => client.loras.validate(lora.id, asked, { project }),
    onSuccess: ({ id }) => setRun({ id, use: JSON.stringify(asked) }),
  });
  const uses: readonly Choice[] = [
    ["", "What it was made for"],
    ...LoraFamily.options.map((family): Choice => [`family:${family}`, `any ${family} model`]),
    ...(models.data?.items ?? []).map(({ id, family }): Choice => [`model:${id}`, `${id} (${family})`]),
  ];
  return (
    <div className="stack">
      <div className="columns">
        <SelectField label="To be used with" choices={uses} value={use} onChange={setUse} />
        <TextField
          label="At a strength of"
          type="number"
          step="any"
          placeholder="0.8"
          value={strength}
          onChange={setStrength}
        />
      </div>
      <Loaded query={byHeader}>{(validation) => <ValidationView validation={validation} />}</Loaded>
      <div className="row">
        <Button icon="search" busy={byValues.isPending} onClick={() => byValues.mutate()}>
          Look at every value
        </Button>
        <span className="muted">Reads the whole file in a run: NaN, infinity, modules that do nothing.</span>
      </div>
      {run?.use === JSON.stringify(asked) && (
        <ReportOfRun run={run.id}>
          {(report) => (report.kind === "validate" ? <ValidationView validation={report} /> : null)}
        </ReportOfRun>
      )}
    </div>
  );
}

function useOf(text: string): LoraValidateRequest {
  const [kind, ...rest] = text.split(":");
  const name = rest.join(":");
  const family = LoraFamily.safeParse(name);
  if (kind === "family" && family.success) return { family: family.data };
  return kind === "model" ? { model: name } : {};
}

function ValidationView({
  validation: { valid, coverage, findings, looked },
}: {
  readonly validation: LoraValidation;
}) {
  return (
    <div className="stack-tight">
      <Notice
        tone={valid ? (findings.length > 0 ? "amber" : "green") : "red"}
        title={
          coverage === null
            ? valid
              ? "Nothing speaks against it"
              : "It should not be used"
            : `Will load ${formatCount(coverage.loaded)} of ${formatCount(coverage.total)} keys on ${coverage.family}`
        }
      >
        {coverage !== null && (
          <Progress
            share={coverage.total === 0 ? 0 : coverage.loaded / coverage.total}
            label="Keys that load"
            tone={coverage.loaded === coverage.total ? "green" : "amber"}
          />
        )}
        <p className="muted">
          {looked === "header" ? "By the header of its file alone." : "Every value of its file was looked at."}
        </p>
      </Notice>
      {findings.length > 0 && (
        <Table
          label="Findings"
          columns={COLUMNS}
          rows={findings}
          rowKey={({ code, message }) => `${code} ${message}`}
        />
      )}
      {coverage !== null && coverage.refused.length > 0 && (
        <details>
          <summary>{formatCount(coverage.refused.length)} modules that it has no place for</summary>
          <pre className="log">{coverage.refused.join("\n")}</pre>
        </details>
      )}
    </div>
  );
}

const COLUMNS: readonly Column<LoraFinding>[] = [
  {
    name: "Finding",
    main: true,
    cell: ({ severity, code }) => <Badge tone={severity === "error" ? "red" : "amber"}>{code}</Badge>,
  },
  { name: "What it means", cell: ({ message }) => message },
  { name: "Where", cell: ({ where }) => <WhereText where={where} /> },
];

function WhereText({ where }: { readonly where: readonly string[] }) {
  const [first, ...rest] = where;
  if (first === undefined) return null;
  return (
    <span title={where.join("\n")}>
      <code>{first}</code>
      {rest.length > 0 && ` and ${formatCount(rest.length)} more`}
    </span>
  );
}
