import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";

/** What a colour means: done, failed, to be looked at, under way, taken from before, or none of these. */
export type Tone = "green" | "red" | "amber" | "blue" | "violet" | "grey";

export function Badge({
  tone = "grey",
  icon,
  children,
  title,
}: {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly children: ReactNode;
  /** Where the pointer rests. */
  readonly title?: string | undefined;
}) {
  return (
    <span className={`badge tone-${tone}`} title={title}>
      {icon && <Icon name={icon} spin={icon === "running"} />}
      {children}
    </span>
  );
}
