import type { ReactNode } from "react";
import { classNames } from "../lib/class-names.ts";
import { Icon, type IconName } from "./icon.tsx";

/** The place of a picture that is not there; `children` tell those who do not see it why. */
export function NoPicture({
  icon = "picture",
  large = false,
  title,
  children,
}: {
  readonly icon?: IconName;
  readonly large?: boolean;
  readonly title?: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className={classNames("picture", large && "picture-large")} title={title}>
      <Icon name={icon} />
      {children && <span className="visually-hidden">{children}</span>}
    </div>
  );
}
