import type { LoraView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { classNames } from "../../lib/class-names.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { layoutSteps, type PlacedStep } from "../runs/layout-steps.ts";
import { type LineageNode, lineageNodes } from "./lineage-nodes.ts";
import styles from "./lineage-view.module.css";

const NODE = { width: 172, height: 58 };
const GAP = { x: 34, y: 14 };

const left = ({ column }: PlacedStep) => column * (NODE.width + GAP.x);
const top = ({ row }: PlacedStep) => row * (NODE.height + GAP.y);

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
          <Graph nodes={lineageNodes(lineage, project)} />
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

function Graph({ nodes }: { readonly nodes: readonly LineageNode[] }) {
  const placed = layoutSteps(nodes);
  const places = new Map(placed.map((place) => [place.name, place]));
  const width = Math.max(...placed.map(left)) + NODE.width;
  const height = Math.max(...placed.map(top)) + NODE.height;
  return (
    <section className={styles.frame} aria-label="Lineage">
      <div className={styles.graph} style={{ width, height }}>
        <svg className={styles.edges} width={width} height={height} aria-hidden="true">
          {placed.flatMap((place) =>
            place.needs.map((need) => {
              const from = places.get(need);
              return from && <path key={`${need} ${place.name}`} d={curve(from, place)} />;
            }),
          )}
        </svg>
        {nodes.map((node) => {
          const place = places.get(node.name);
          return place && <Node key={node.name} node={node} place={place} />;
        })}
      </div>
    </section>
  );
}

function Node({ node, place }: { readonly node: LineageNode; readonly place: PlacedStep }) {
  const style = { left: left(place), top: top(place), width: NODE.width, height: NODE.height };
  const content = (
    <>
      <span className={styles.title}>
        <Icon name={ICONS[node.kind]} />
        <span title={node.title}>{node.title}</span>
      </span>
      <span className={styles.note} title={node.note}>
        {node.note}
      </span>
    </>
  );
  const className = classNames(styles.node, node.isSelf && styles.self);
  return node.href === undefined ? (
    <div className={className} style={style}>
      {content}
    </div>
  ) : (
    <Link href={node.href} className={className} style={style}>
      {content}
    </Link>
  );
}

/** From the right edge of one node to the left edge of another: straight as far as the gap before it, then to its row. */
function curve(from: PlacedStep, to: PlacedStep): string {
  const [x1, y1] = [left(from) + NODE.width, top(from) + NODE.height / 2];
  const [x2, y2] = [left(to), top(to) + NODE.height / 2];
  const middle = x2 - GAP.x / 2;
  return `M${x1} ${y1}H${x2 - GAP.x}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
