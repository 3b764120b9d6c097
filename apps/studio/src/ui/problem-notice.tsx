import type { ReactNode } from "react";
import { tellProblem } from "../api/problem.ts";
import type { Tone } from "./badge.tsx";
import { Icon, type IconName } from "./icon.tsx";

const ICONS: Partial<Record<Tone, IconName>> = { red: "warning", amber: "warning", green: "check" };

/** Something that should be known, in the flow of a page. */
export function Notice({
  tone = "blue",
  title,
  children,
}: {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className={`notice tone-${tone}`} role={tone === "red" ? "alert" : "note"}>
      <Icon name={ICONS[tone] ?? "info"} />
      <div>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
    </div>
  );
}

/** An error where the thing it is about would be. */
export function ProblemNotice({ error }: { readonly error: unknown }) {
  const { title, detail, advice } = tellProblem(error);
  return (
    <Notice tone="red" title={title}>
      <p>{detail}</p>
      {advice && <p className="muted">{advice}</p>}
    </Notice>
  );
}
