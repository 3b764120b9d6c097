import type { ReactNode } from "react";
import { useChosenInView } from "../lib/use-chosen-in-view.ts";
import styles from "./graph.module.css";
import { Icon, type IconName } from "./icon.tsx";
import { type Layered, layOutLayers, type Place } from "./lay-out-layers.ts";

/** In pixels. */
const HEIGHT = 60;
const GAP = { x: 20, y: 14 };

/**
 * Nodes from left to right with the lines of what needs what. `children` draws a node as one element, which fills the place
 * of `width` pixels that the node has.
 */
export function Graph<Node extends Layered>({
  nodes,
  width,
  chosen,
  isDone = () => false,
  children,
}: {
  readonly nodes: readonly Node[];
  readonly width: number;
  /** Name of the node that is kept in sight. */
  readonly chosen?: string | null;
  /** The lines that leave a node are drawn as done. */
  readonly isDone?: (node: Node) => boolean;
  readonly children: (node: Node) => ReactNode;
}) {
  const frame = useChosenInView(chosen);
  const placed = layOutLayers(nodes);
  const byName = new Map(placed.map((node) => [node.name, node]));
  const left = ({ column }: Place) => column * (width + GAP.x);
  const top = ({ row }: Place) => row * (HEIGHT + GAP.y);
  const size = { width: Math.max(...placed.map(left)) + width, height: Math.max(...placed.map(top)) + HEIGHT };
  /** From the right edge of one to the left edge of another: straight as far as the gap before it, then to its row. */
  const line = (from: Place, to: Place): string => {
    const [x1, y1, x2, y2] = [left(from) + width, top(from) + HEIGHT / 2, left(to), top(to) + HEIGHT / 2];
    const middle = x2 - GAP.x / 2;
    return `M${x1} ${y1}H${x2 - GAP.x}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
  };
  return (
    <div className={styles.frame} ref={frame}>
      <div className={styles.graph} style={size}>
        <svg className={styles.lines} {...size} aria-hidden="true">
          {placed.flatMap((node) =>
            node.needs.map((need) => {
              const from = byName.get(need);
              return (
                from && (
                  <path
                    key={`${need} ${node.name}`}
                    className={isDone(from) ? styles.done : undefined}
                    d={line(from, node)}
                  />
                )
              );
            }),
          )}
        </svg>
        {placed.map((node) => (
          <div
            key={node.name}
            className={styles.place}
            style={{ left: left(node), top: top(node), width, height: HEIGHT }}
          >
            {children(node)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** What a node says: a title, and below it a few words. */
export function GraphText({
  icon,
  spin = false,
  title,
  note,
}: {
  readonly icon: IconName;
  readonly spin?: boolean;
  readonly title: string;
  readonly note: string;
}) {
  return (
    <>
      <span className={styles.title}>
        <Icon name={icon} spin={spin} />
        <span title={title}>{title}</span>
      </span>
      <span className={styles.note} title={note}>
        {note}
      </span>
    </>
  );
}
