import type { LoraView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { Graph, GraphText } from "../../ui/graph.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { type LineageNode, lineageNodes } from "./lineage-nodes.ts";
import styles from "./lineage-view.module.css";

const WIDTH = 190;

const ICONS: Readonly<Record<LineageNode["kind"], IconName>> = {
  pictures: "dataset",
  captions: "edit",
  recipe: "settings",
  training: "training",
  lora: "lora",
  import: "upload",
  operation: "batch",
  drawn: "picture",
};

/** Where a LoRA comes from and what came of it, as a graph whose nodes lead on. */
export function LineageView({ lora, project }: { readonly lora: LoraView; readonly project: string | undefined }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["lora-lineage", lora.id, project],
    queryFn: ({ signal }) => client.loras.lineage(lora.id, { project, signal }),
  });
  return (
    <Loaded query={query}>
      {(lineage) => (
        <div className="stack">
          <section className="card" aria-label="Lineage">
            <Graph nodes={lineageNodes(lineage, project)} width={WIDTH}>
              {(node) => <Node node={node} />}
            </Graph>
          </section>
          {lineage.training?.deviations.map(({ code, message }) => (
            <Notice key={code} tone="amber" title={`Not quite as the recipe says: ${code}`}>
              {message}
            </Notice>
          ))}
        </div>
      )}
    </Loaded>
  );
}

function Node({ node: { kind, title, note, href, isSelf } }: { readonly node: LineageNode }) {
  const text = <GraphText icon={ICONS[kind]} title={title} note={note} />;
  if (href === undefined) return <div className={isSelf ? styles.self : undefined}>{text}</div>;
  return <Link href={href}>{text}</Link>;
}
