import type { LoraView } from "@loramill/contracts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { formatBytes } from "../../lib/format.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import styles from "./compare-page.module.css";
import { Cover } from "./cover.tsx";
import { LikenessView } from "./likeness-view.tsx";
import { loraHref, useLoraProject } from "./lora-address.ts";
import { LoraPicker } from "./lora-picker.tsx";
import { ReportOfRun } from "./report-of-run.tsx";

/** Two LoRAs side by side: what they are, how they were trained, and how alike their changes to a model are. */
export function CompareLorasPage() {
  const { project } = useLoraProject();
  const [a, setA] = useSearchState("a");
  const [b, setB] = useSearchState("b");
  return (
    <Page
      title="Compare two LoRAs"
      crumb={{ href: "/loras", label: "LoRAs" }}
      about="What differs between them, and how alike the changes are that they make to a model."
    >
      <div className="columns">
        <LoraPicker label="First" value={a} project={project} onChange={setA} />
        <LoraPicker label="Second" value={b} project={project} onChange={setB} />
      </div>
      {a && b ? (
        <Both key={`${a} ${b}`} a={a} b={b} project={project} />
      ) : (
        <Empty icon="lora" title="Choose two">
          Versions of one name are told apart as name@1 and name@2.
        </Empty>
      )}
    </Page>
  );
}

interface BothProps {
  readonly a: string;
  readonly b: string;
  readonly project: string | undefined;
}

function Both({ a, b, project }: BothProps) {
  const client = useClient();
  const [run, setRun] = useState<string | null>(null);
  const { data: first, error: firstError } = useCompared(a, project);
  const { data: second, error: secondError } = useCompared(b, project);
  const start = useMutation({
    mutationFn: () => client.loras.compare(a, b, { project }),
    onSuccess: ({ id }) => setRun(id),
  });
  const error = firstError ?? secondError;
  if (error) return <ProblemNotice error={error} />;
  if (first === undefined || second === undefined) return <SkeletonLines lines={6} />;
  return (
    <div className="stack">
      <div className={styles.covers}>
        {[first.lora, second.lora].map((lora, index) => (
          <figure key={`${lora.id} ${index + 1}`} className="stack-tight">
            <Cover lora={lora} project={project} />
            <figcaption>
              <Link href={loraHref(lora.id, project)}>
                {lora.name} v{lora.version}
              </Link>
            </figcaption>
          </figure>
        ))}
      </div>
      <Table
        label="Side by side"
        columns={columnsFor(first.lora, second.lora)}
        rows={rowsOf(first, second)}
        rowKey={([name]) => name}
      />
      <div className="row">
        <Button icon="search" busy={start.isPending} onClick={() => start.mutate()}>
          How alike are they?
        </Button>
        <span className="muted">Reads both files in a run, and compares the changes module by module.</span>
      </div>
      {run && (
        <ReportOfRun run={run}>
          {(report) => (report.kind === "compare" ? <LikenessView likeness={report} /> : null)}
        </ReportOfRun>
      )}
    </div>
  );
}

interface Compared {
  readonly lora: LoraView;
  readonly lineage: { readonly training: { readonly recipe: object } | null };
}

function useCompared(lora: string, project: string | undefined) {
  const client = useClient();
  return useQuery({
    queryKey: ["compared-lora", lora, project],
    queryFn: async ({ signal }): Promise<Compared> => ({
      lora: await client.loras.get(lora, { project, signal }),
      lineage: await client.loras.lineage(lora, { project, signal }),
    }),
  });
}

type Row = readonly [name: string, a: string, b: string];

/** What both are; of their recipes what differs alone. */
function rowsOf(a: Compared, b: Compared): readonly Row[] {
  const facts = (tell: (lora: LoraView) => string | number | null): readonly [string, string] => [
    String(tell(a.lora) ?? ""),
    String(tell(b.lora) ?? ""),
  ];
  const recipes = [a, b].map(({ lineage }) => new Map<string, unknown>(Object.entries(lineage.training?.recipe ?? {})));
  const [one = new Map(), other = new Map()] = recipes;
  const fields = [...new Set([...one.keys(), ...other.keys()])].sort();
  const told = (value: unknown) =>
    value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  const differing = fields.filter((field) => told(one.get(field)) !== told(other.get(field)));
  const rows: readonly Row[] = [
    ["Family", ...facts(({ family }) => family)],
    ["Base model", ...facts(({ baseModel }) => baseModel)],
    ["Rank", ...facts(({ rank }) => rank)],
    ["Keys as", ...facts(({ dialect }) => dialect)],
    ["Trigger words", ...facts(({ triggerWords }) => triggerWords.join(", "))],
    ["Tags", ...facts(({ tags }) => tags.join(", "))],
    ["Rating", ...facts(({ rating }) => rating?.average.toFixed(1) ?? "")],
    ["Size", ...facts(({ bytes }) => formatBytes(bytes))],
    ["Source", ...facts(({ source }) => source)],
    ...differing.map((field): Row => [`recipe.${field}`, told(one.get(field)), told(other.get(field))]),
  ];
  return rows.filter(([, one, other]) => one !== "" || other !== "");
}

const columnsFor = (a: LoraView, b: LoraView): readonly Column<Row>[] => [
  { name: "", main: true, cell: ([name]) => name },
  { name: `${a.name} v${a.version}`, cell: ([, one]) => one },
  { name: `${b.name} v${b.version}${a.id === b.id ? " (the same)" : ""}`, cell: (row) => <Other row={row} /> },
];

function Other({ row: [, one, other] }: { readonly row: Row }) {
  return one === other ? <span className="faint">{other}</span> : other;
}
