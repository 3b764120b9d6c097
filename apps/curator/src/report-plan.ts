import type { DatasetManifest, Drop } from "@loramill/contracts";

/** How much of a dataset a report shows; the rest is counted, so that a page stays a page. */
export const reportLimits = { kept: 48, perReason: 16, left: 96, warned: 48, groups: 24, members: 5 } as const;

/** Pictures under one reason, some of them shown. */
export interface ReasonPlan {
  readonly code: Drop["code"];
  readonly total: number;
  readonly shown: readonly Drop[];
}

/** One picture that stays and those that were taken for it. */
export interface GroupPlan {
  readonly kept: string;
  readonly total: number;
  readonly shown: readonly Drop[];
}

/** Which pictures a report shows, by path; everything else about the page follows from it. */
export interface ReportPlan {
  /** Spread evenly over the kept ones. */
  readonly kept: readonly string[];
  readonly warned: readonly ReasonPlan[];
  readonly left: readonly ReasonPlan[];
  readonly groups: readonly GroupPlan[];
  readonly groupsTotal: number;
}

/** Chooses what is shown: the same set gives the same choice. The largest groups come first. */
export function planReport(
  { dropped }: Pick<DatasetManifest, "dropped">,
  kept: readonly string[],
  warned: readonly Drop[],
): ReportPlan {
  const groups = [...Map.groupBy(dropped.filter(isCopy), ({ keptInstead }) => keptInstead as string)]
    .map(([path, drops]) => ({ kept: path, total: drops.length, shown: drops.slice(0, reportLimits.members) }))
    .sort((a, b) => b.total - a.total || (a.kept < b.kept ? -1 : 1));
  return {
    kept: spread(kept, reportLimits.kept),
    warned: byReason(warned, reportLimits.warned),
    left: byReason(
      dropped.filter((drop) => !isCopy(drop)),
      reportLimits.left,
    ),
    groups: groups.slice(0, reportLimits.groups),
    groupsTotal: groups.length,
  };
}

/** Every picture that the plan shows. */
export function pathsOf({ kept, warned, left, groups }: ReportPlan): Set<string> {
  const reasons = [...warned, ...left].flatMap(({ shown }) => shown);
  const members = groups.flatMap((group) => [group.kept, ...group.shown.map(({ path }) => path)]);
  return new Set([...kept, ...reasons.map(({ path }) => path), ...members]);
}

/** Whether it was left out for another picture of the same set. */
const isCopy = ({ code, keptInstead }: Drop): boolean => code.startsWith("duplicate") && keptInstead !== undefined;

/** Most frequent first; of each the worst by its measure, as far as all of them together have room. */
function byReason(drops: readonly Drop[], room: number): ReasonPlan[] {
  const reasons = [...Map.groupBy(drops, ({ code }) => code)].sort(
    ([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? -1 : 1),
  );
  const each = Math.max(1, Math.min(reportLimits.perReason, Math.floor(room / Math.max(1, reasons.length))));
  return reasons.map(([code, found]) => ({
    code,
    total: found.length,
    shown: found.toSorted((a, b) => (a.score ?? 0) - (b.score ?? 0)).slice(0, each),
  }));
}

function spread(paths: readonly string[], count: number): string[] {
  if (paths.length <= count) return [...paths];
  return Array.from({ length: count }, (_, at) => paths[Math.floor((at * paths.length) / count)] as string);
}
