import { type KeyboardEvent, useRef } from "react";
import { classNames } from "../../lib/class-names.ts";
import { Picture } from "../../ui/picture.tsx";
import styles from "./picture-grid.module.css";
import type { ShownPicture } from "./use-pictures.ts";

/** Small pictures with their captions. Arrows move, Enter opens, x marks. */
export function PictureGrid({
  pictures,
  marked,
  onOpen,
  onMark,
  onExpired,
}: {
  readonly pictures: readonly ShownPicture[];
  readonly marked: ReadonlySet<string>;
  readonly onOpen: (path: string) => void;
  readonly onMark: (path: string) => void;
  readonly onExpired: () => void;
}) {
  const grid = useRef<HTMLUListElement>(null);
  const keys = (event: KeyboardEvent, path: string) => {
    if (event.key === "x") return onMark(path);
    const target = event.currentTarget.closest("li");
    const next = target && grid.current && neighbour(grid.current, target, event.key);
    if (!next) return;
    event.preventDefault();
    next.querySelector("button")?.focus();
  };
  return (
    <ul className={styles.grid} ref={grid} aria-label="Pictures">
      {pictures.map(({ path, thumbnailUrl, caption }) => (
        <li key={path} className={styles.cell}>
          <button
            type="button"
            className={classNames(styles.picture, marked.has(path) && styles.marked)}
            aria-label={`${path}${marked.has(path) ? ", marked" : ""}`}
            title={path}
            onClick={() => onOpen(path)}
            onKeyDown={(event) => keys(event, path)}
          >
            <Picture url={thumbnailUrl} alt="" onExpired={onExpired} />
            <span className={caption === null ? styles.none : styles.caption}>{caption ?? "no caption"}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function neighbour(grid: Element, cell: HTMLElement, key: string): Element | undefined {
  const cells = [...grid.children] as HTMLElement[];
  const first = cells[0]?.offsetTop;
  const columns = cells.filter(({ offsetTop }) => offsetTop === first).length;
  const at = cells.indexOf(cell);
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  if (key === "Home") return cells[0];
  if (key === "End") return cells.at(-1);
  const by = steps[key];
  return by === undefined ? undefined : cells[at + by];
}
