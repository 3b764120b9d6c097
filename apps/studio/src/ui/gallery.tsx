import { type KeyboardEvent, type ReactNode, useState } from "react";
import { Button, ButtonLink } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Picture } from "./picture.tsx";

export interface GalleryItem {
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly mediaType?: string;
  /** One line below the small picture. */
  readonly caption?: string;
  /** Beside the large one. */
  readonly details?: ReactNode;
}

/** Small pictures; one of them large in a dialog, where arrow keys go on to the next. */
export function Gallery({
  items,
  onExpired,
}: {
  readonly items: readonly GalleryItem[];
  readonly onExpired?: () => void;
}) {
  const [openId, setOpenId] = useState<string | null>(null);
  const index = items.findIndex(({ id }) => id === openId);
  const open = items[index];
  const step = (by: number) => setOpenId(items[(index + by + items.length) % items.length]?.id ?? null);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  };
  return (
    <>
      <div className="gallery">
        {items.map((item) => (
          <button key={item.id} type="button" className="gallery-item" onClick={() => setOpenId(item.id)}>
            <Picture url={item.url} alt={item.name} mediaType={item.mediaType} onExpired={onExpired} />
            {item.caption && <span className="caption">{item.caption}</span>}
          </button>
        ))}
      </div>
      {open && (
        <Dialog
          wide
          title={open.name}
          onClose={() => setOpenId(null)}
          footer={
            <div className="row" onKeyDown={keys} role="toolbar" aria-label="Pictures">
              <span className="muted number">
                {index + 1} of {items.length}
              </span>
              <Button icon="left" aria-label="Previous" onClick={() => step(-1)} />
              <Button icon="right" aria-label="Next" autoFocus onClick={() => step(1)} />
              <ButtonLink external href={open.url} icon="download" download={open.name}>
                Open file
              </ButtonLink>
            </div>
          }
        >
          <Picture large url={open.url} alt={open.name} mediaType={open.mediaType} onExpired={onExpired} />
          {open.details}
        </Dialog>
      )}
    </>
  );
}
