import { useState } from "react";
import { Link } from "wouter";
import { formatBytes } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Stars } from "../../ui/stars.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import styles from "./about-lora.module.css";
import { Cover } from "./cover.tsx";
import { EditLoraDialog } from "./edit-lora-dialog.tsx";
import type { LoraPartProps } from "./lora-part-props.ts";
import { useChangeLora } from "./use-change-lora.ts";

/** The picture of a LoRA beside what it is and what people wrote about it. */
export function AboutLora({ lora, name, project }: LoraPartProps) {
  const [isEditing, setEditing] = useState(false);
  const change = useChangeLora(name, project);
  const rate = (stars: number) => change.mutate({ change: (loras) => loras.rate(lora.id, { stars }, { project }) });
  return (
    <section className={styles.about} aria-label="What it is">
      <Cover lora={lora} project={project} />
      <div className="stack">
        <div className="row">
          <Stars given={Math.round(lora.rating?.average ?? 0)} disabled={change.isPending} onGive={rate} />
          <span className="muted number">
            {lora.rating === null ? "not rated yet" : `${lora.rating.average.toFixed(1)} of ${lora.rating.count}`}
          </span>
        </div>
        <Facts
          facts={[
            [
              "Trigger words",
              lora.triggerWords.length === 0 ? null : (
                <span className="row">
                  {lora.triggerWords.map((word) => (
                    <span key={word} className="row">
                      <code>{word}</code>
                      <CopyButton text={word} />
                    </span>
                  ))}
                </span>
              ),
            ],
            ["Tags", lora.tags.length === 0 ? null : <TagLinks tags={lora.tags} />],
            ["Base model", lora.baseModel],
            ["Family", <FamilyText key="family" lora={lora} />],
            ["Rank", lora.rank],
            ["Keys as", lora.dialect],
            ["Size", formatBytes(lora.bytes)],
            ["From", lora.run ? <MakerLink lora={lora} /> : `imported${lora.origin ? ` from ${lora.origin}` : ""}`],
            ["Also called", lora.aliases.join(", ")],
            ["Made", <TimeAgo key="at" at={lora.createdAt} />],
            ["Project", lora.project],
          ]}
        />
        {lora.notes && <p className={styles.notes}>{lora.notes}</p>}
        <div>
          <Button small icon="edit" onClick={() => setEditing(true)}>
            Edit words, tags, names, notes
          </Button>
        </div>
      </div>
      {isEditing && <EditLoraDialog lora={lora} name={name} project={project} onClose={() => setEditing(false)} />}
    </section>
  );
}

function MakerLink({ lora: { run, source } }: Pick<LoraPartProps, "lora">) {
  return (
    <>
      {source === "trained" ? <Link href={`/training/${run}`}>a training</Link> : "other LoRAs"}, in{" "}
      <Link href={`/runs/${run}`}>its run</Link>
    </>
  );
}

function TagLinks({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className="row">
      {tags.map((tag) => (
        <Link key={tag} href={`/loras?${new URLSearchParams({ tag })}`}>
          #{tag}
        </Link>
      ))}
    </span>
  );
}

function FamilyText({ lora: { family, variant, familyFrom } }: Pick<LoraPartProps, "lora">) {
  return (
    <>
      {[family, variant].filter(Boolean).join(" ")}
      {familyFrom && <span className="faint"> told by {familyFrom}</span>}
    </>
  );
}
