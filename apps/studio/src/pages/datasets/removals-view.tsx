import type { DatasetRemovalView } from "@loramill/contracts";
import { useState } from "react";
import { classNames } from "../../lib/class-names.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { groupRemovals } from "./group-removals.ts";
import { tellReason } from "./reasons.ts";
import styles from "./removals-view.module.css";
import { Thumbnail } from "./thumbnail.tsx";
import type { Dataset } from "./use-dataset.ts";
import { useKeepAfterAll } from "./use-keep-after-all.ts";
import { useRemovals } from "./use-removals.ts";

/** What cleaning left out: sets of duplicates beside what stayed, then by reason. What is chosen is kept after all, by a run. */
export function RemovalsView({ dataset }: { readonly dataset: Dataset }) {
  const removals = useRemovals(dataset);
  const { keep, isPending } = useKeepAfterAll(dataset);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  if (removals.isPending) return <SkeletonLines lines={6} />;
  if (removals.error && removals.items.length === 0) return <ProblemNotice error={removals.error} />;
  if (removals.items.length === 0)
    return (
      <Empty icon="check" title="Nothing was left out">
        Duplicates, blurred and too small pictures would be shown here, each with its reason.
      </Empty>
    );
  const choose = (path: string) => {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    setChosen(next);
  };
  const { sets, reasons } = groupRemovals(removals.items);
  const removed = (item: DatasetRemovalView) => (
    <Removed key={item.path} item={item} chosen={chosen.has(item.path)} onChoose={choose} onExpired={removals.renew} />
  );
  return (
    <div className="stack">
      <div className="spread">
        <p className="muted">
          As version {dataset.origin?.version ?? dataset.version?.version} was made. Choose pictures to keep them after
          all.
        </p>
        <Button
          kind="primary"
          icon="play"
          disabled={chosen.size === 0}
          busy={isPending}
          onClick={() => keep([...chosen])}
        >
          {chosen.size === 0 ? "Keep after all" : `Keep ${chosen.size} after all`}
        </Button>
      </div>
      {sets.length > 0 && (
        <Card title={`Sets of duplicates (${sets.length})`}>
          <div className={styles.sets}>
            {sets.map(({ kept, items }) => (
              <div key={kept} className={styles.set}>
                <figure className={styles.item}>
                  <Thumbnail url={items[0]?.keptThumbnailUrl ?? null} alt={kept} onExpired={removals.renew} />
                  <figcaption>
                    <Badge tone="green">kept</Badge>
                    <span className={styles.name}>{kept}</span>
                  </figcaption>
                </figure>
                {items.map(removed)}
              </div>
            ))}
          </div>
        </Card>
      )}
      {reasons.map(({ code, items }) => (
        <Card key={code} title={`${tellReason(code)} (${items.length})`}>
          {items.some(({ image }) => image !== null) ? (
            <div className={styles.reason}>{items.map(removed)}</div>
          ) : (
            <Notice tone="amber">
              <ul>
                {items.map(({ path, message }) => (
                  <li key={path}>
                    {path}: {message}
                  </li>
                ))}
              </ul>
            </Notice>
          )}
        </Card>
      ))}
      {removals.hasNextPage && (
        <div className="table-more">
          <Button busy={removals.isFetchingMore} onClick={removals.more}>
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}

function Removed({
  item: { path, message, thumbnailUrl },
  chosen,
  onChoose,
  onExpired,
}: {
  readonly item: DatasetRemovalView;
  readonly chosen: boolean;
  readonly onChoose: (path: string) => void;
  readonly onExpired: () => void;
}) {
  return (
    <label className={classNames(styles.item, styles.choosable, chosen && styles.chosen)} title={path}>
      <input type="checkbox" className="visually-hidden" checked={chosen} onChange={() => onChoose(path)} />
      <Thumbnail url={thumbnailUrl} alt="" onExpired={onExpired} />
      <span className={styles.about}>
        <span className={styles.name}>{path}</span>
        <span className="muted">{message}</span>
      </span>
    </label>
  );
}
