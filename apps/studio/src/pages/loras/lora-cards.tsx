import type { LoraSummary } from "@loramill/contracts";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Pages } from "../../api/use-pages.ts";
import { Badge } from "../../ui/badge.tsx";
import { Paged } from "../../ui/paged.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { Cover } from "./cover.tsx";
import { loraHref } from "./lora-address.ts";
import styles from "./lora-cards.module.css";
import { RatingText } from "./rating-text.tsx";

/** LoRAs as cards, each with its picture. */
export function LoraCards({
  pages,
  project,
  empty,
  actions,
}: {
  readonly pages: Pages<LoraSummary>;
  readonly project?: string | undefined;
  readonly empty: ReactNode;
  /** What can be done with one, instead of opening it. */
  readonly actions?: ((lora: LoraSummary) => ReactNode) | undefined;
}) {
  return (
    <Paged pages={pages} empty={empty}>
      {(loras) => (
        <ul className={styles.cards} aria-label="LoRAs">
          {loras.map((lora) => (
            <li key={lora.id} className={styles.card}>
              <Cover lora={lora} project={project} />
              <div className={styles.told}>
                <div className="spread">
                  {actions ? (
                    <strong>{lora.name}</strong>
                  ) : (
                    <Link href={loraHref(lora.id, project)} className={styles.name}>
                      {lora.name}
                    </Link>
                  )}
                  <span className="faint number">v{lora.version}</span>
                </div>
                <div className="row">
                  <Badge>{lora.family}</Badge>
                  {lora.rank !== null && <span className="muted number">rank {lora.rank}</span>}
                  <RatingText rating={lora.rating} />
                </div>
                {lora.triggerWords.length > 0 && (
                  <div className={styles.words}>
                    <code>{lora.triggerWords.join(", ")}</code>
                  </div>
                )}
                {lora.tags.length > 0 && (
                  <div className={styles.words}>{lora.tags.map((tag) => `#${tag}`).join(" ")}</div>
                )}
                <div className="spread faint">
                  {lora.source}
                  <TimeAgo at={lora.deletedAt ?? lora.createdAt} />
                </div>
                {actions?.(lora)}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Paged>
  );
}
