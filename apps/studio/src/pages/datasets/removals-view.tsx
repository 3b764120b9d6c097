import type { DatasetRemovalView } from "@loramill/contracts";
import { useState } from "react";
import { classNames } from "../../lib/class-names.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Paged } from "../../ui/paged.tsx";
import { Picture } from "../../ui/picture.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { groupRemovals } from "./group-removals.ts";
import { tellReason } from "./reasons.ts";
import styles from "./removals-view.module.css";
import type { Dataset } from "./use-dataset.ts";
import { useKeepAfterAll } from "./use-keep-after-all.ts";
import { useRemovals } from "./use-removals.ts";

/** What cleaning left out: sets of duplicates beside what stayed, then by reason. What is chosen is kept after all, by a run. */
export function RemovalsView({ dataset }: { readonly dataset: Dataset }) {
  const removals = useRemovals(dataset);
  const { keep, isPending } = useKeepAfterAll(dataset);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (path: string) => {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    setChosen(next);
  };
  const empty = (
    <Empty icon="check" title="Nothing was left out">
      Duplicates, blurred and too small pictures would be shown here, each with its reason.
    </Empty>
  );
  return (
    <Paged pages={removals} lines={6} empty={empty}>
      {(items) => (
        <>
          <div className="spread">
            <p className="muted">
              As version {dataset.origin?.version ?? dataset.version?.version} was made. Choose pictures to keep them
              after all.
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
          <Groups items={items} chosen={chosen} onChoose={choose} onExpired={removals.renew} />
        </>
      )}
    </Paged>
  );
}

interface Choosing {
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (path: string) => void;
  readonly onExpired: () => void;
}

function Groups({ items: all, ...choosing }: Choosing & { readonly items: readonly DatasetRemovalView[] }) {
  const { sets, reasons } = groupRemovals(all);
  const removed = (item: DatasetRemovalView) => <Removed key={item.path} item={item} {...choosing} />;
  return (
    <>
      {sets.length > 0 && (
        <Card title={`Sets of duplicates (${sets.length})`}>
          <div className={styles.sets}>
            {sets.map(({ kept, items }) => (
              <div key={kept} className={styles.set}>
                <figure className={styles.item}>
                  <Picture url={items[0]?.keptThumbnailUrl ?? null} alt={kept} onExpired={choosing.onExpired} />
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
    </>
  );
}

function Removed({
  item: { path, message, thumbnailUrl },
  chosen,
  onChoose,
  onExpired,
}: Choosing & { readonly item: DatasetRemovalView }) {
  const isChosen = chosen.has(path);
  return (
    <label className={classNames(styles.item, styles.choosable, isChosen && styles.chosen)} title={path}>
      <input type="checkbox" className="visually-hidden" checked={isChosen} onChange={() => onChoose(path)} />
      <Picture url={thumbnailUrl} alt="" onExpired={onExpired} />
      <span className={styles.about}>
        <span className={styles.name}>{path}</span>
        <span className="muted">{message}</span>
      </span>
    </label>
  );
}
