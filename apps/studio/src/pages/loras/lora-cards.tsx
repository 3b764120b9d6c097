import type { LoraSummary } from "@loramill/contracts";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Pages } from "../../api/use-pages.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
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
  if (pages.isPending) return <SkeletonLines lines={8} />;
  if (pages.error && pages.items.length === 0) return <ProblemNotice error={pages.error} />;
  if (pages.items.length === 0) return empty;
  return (
    <div className="stack">
      <ul className={styles.cards} aria-label="LoRAs">
        {pages.items.map((lora) => (
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
      {pages.hasNextPage && (
        <div className="table-more">
          <Button busy={pages.isFetchingMore} onClick={pages.more}>
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}
