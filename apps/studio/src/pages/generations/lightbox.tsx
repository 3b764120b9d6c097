import type { GenerationSummary } from "@loramill/contracts";
import { useEffect } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Picture } from "../../ui/picture.tsx";
import { GenerationActions } from "./generation-actions.tsx";
import { GenerationFacts } from "./generation-facts.tsx";
import styles from "./lightbox.module.css";
import { StarRating } from "./star-rating.tsx";

/** One picture or clip large, with how it was made. Arrow keys go on to the next, 1 to 5 rate it. */
export function Lightbox({
  items,
  open,
  onOpen,
  onExpired,
}: {
  readonly items: readonly GenerationSummary[];
  /** Its id; null: the lightbox is closed. */
  readonly open: string | null;
  readonly onOpen: (id: string | null) => void;
  readonly onExpired: () => void;
}) {
  const index = items.findIndex(({ id }) => id === open);
  const current = items[index];
  const at = (by: number) => items[(index + by + items.length) % items.length]?.id ?? null;
  const [before, after] = [at(-1), at(1)];
  useEffect(() => {
    if (open === null) return;
    const press = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === "ArrowLeft") onOpen(before);
      if (event.key === "ArrowRight") onOpen(after);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [open, onOpen, before, after]);
  if (current === undefined) return null;
  return (
    <Dialog
      wide
      title={current.prompt || current.kind}
      onClose={() => onOpen(null)}
      footer={
        <>
          <span className="muted number">
            {index + 1} of {items.length}
          </span>
          <Button icon="left" aria-label="Previous" onClick={() => onOpen(before)} />
          <Button icon="right" aria-label="Next" onClick={() => onOpen(after)} />
          <ButtonLink href={`/generations/${current.id}`}>Its page</ButtonLink>
        </>
      }
    >
      <div className={styles.lightbox}>
        <Picture
          key={current.id}
          large
          url={current.file.url}
          alt={current.prompt || current.kind}
          mediaType={current.file.mediaType}
          onExpired={onExpired}
        />
        <div className="stack">
          <StarRating key={current.id} generation={current} keys />
          <GenerationFacts generation={current} />
          <GenerationActions generation={current} />
        </div>
      </div>
    </Dialog>
  );
}
