import type { GenerationSummary } from "@loramill/contracts";
import { NoPicture } from "../../ui/no-picture.tsx";
import { Picture } from "../../ui/picture.tsx";
import { Thumbnail } from "../generations/thumbnail.tsx";
import type { GridLayout } from "./lay-out-grid.ts";
import styles from "./result-grid.module.css";

/** A batch as rows and columns with their labels; what is not there yet waits, or shows how far it is. */
export function ResultGrid({
  layout,
  items,
  previews,
  isOver,
  onOpen,
  onExpired,
}: {
  readonly layout: GridLayout;
  readonly items: ReadonlyMap<number, GenerationSummary>;
  readonly previews: ReadonlyMap<number, string>;
  readonly isOver: boolean;
  readonly onOpen: (id: string) => void;
  readonly onExpired: () => void;
}) {
  const hasRows = layout.rows.some(({ label }) => label !== "");
  return (
    <div className={styles.frame}>
      <table className={styles.grid} aria-label="Results">
        <thead>
          <tr>
            {hasRows && <td />}
            {layout.columns.map((label, at) => (
              <th key={at} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layout.rows.map(({ label, items: places }) => (
            <tr key={places[0]}>
              {hasRows && <th scope="row">{label}</th>}
              {places.map((place) => {
                const made = items.get(place);
                return (
                  <td key={place}>
                    {made ? (
                      <Thumbnail generation={made} onOpen={onOpen} onExpired={onExpired} />
                    ) : (
                      <Waiting preview={previews.get(place)} isOver={isOver} />
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A place whose picture is not there: it waits, is being drawn, or was not made. */
export function Waiting({ preview, isOver }: { readonly preview: string | undefined; readonly isOver: boolean }) {
  if (isOver)
    return (
      <NoPicture icon="cross" title="It was not made">
        not made
      </NoPicture>
    );
  if (preview === undefined) return <NoPicture icon="clock">not made yet</NoPicture>;
  return <Picture url={preview} alt="as far as it is drawn" />;
}
