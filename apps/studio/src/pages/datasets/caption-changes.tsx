import { formatCount } from "../../lib/format.ts";
import styles from "./caption-changes.module.css";

/** Changes that are shown; the rest is counted. */
const MOST_SHOWN = 100;

/** Captions before and after, by picture. */
export function CaptionChanges({
  changes,
}: {
  readonly changes: readonly { readonly path: string; readonly before: string | null; readonly after: string | null }[];
}) {
  return (
    <ul className={styles.changes} aria-label="Captions that change">
      {changes.slice(0, MOST_SHOWN).map(({ path, before, after }) => (
        <li key={path}>
          <span className="muted">{path}</span>
          <del>{before ?? "no caption"}</del>
          <ins>{after ?? "no caption"}</ins>
        </li>
      ))}
      {changes.length > MOST_SHOWN && <li className="muted">and {formatCount(changes.length - MOST_SHOWN)} more</li>}
    </ul>
  );
}
