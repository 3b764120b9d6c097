import type { StepView } from "@loramill/contracts";
import type { IconName } from "../../ui/icon.tsx";

export interface StepLink {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
}

/** The page of what a step does or has made, where there is one; LoRAs have theirs once they are in the library. */
export function linkOfStep(run: string, step: Pick<StepView, "kind" | "name" | "output">): StepLink | null {
  const { kind, name, output } = step;
  switch (kind) {
    case "dataset":
      return output === null ? null : { href: `/datasets/${output}`, label: "Its dataset", icon: "dataset" };
    case "train":
      return {
        href: `/training/${run}?${new URLSearchParams({ step: name })}`,
        label: "Its training",
        icon: "training",
      };
    case "generate":
      return {
        href: `/generations?${new URLSearchParams({ run })}`,
        label: "Its pictures and clips",
        icon: "picture",
      };
    default:
      return null;
  }
}
