import type { Drop } from "@loramill/contracts";
import { escapeHtml } from "./escape-html.ts";
import { formatCount } from "./format-count.ts";
import type { GroupPlan, ReasonPlan } from "./report-plan.ts";

/** `data:` URLs by path; a picture without one is shown as a blank. */
export type Thumbnails = ReadonlyMap<string, string>;

/** Each reason in people's words, and what its score measures. */
const REASONS: Readonly<Record<Drop["code"], readonly [title: string, measure: string]>> = {
  "by-name": ["Named by you", ""],
  leaked: ["In another dataset", "bits that differ"],
  "duplicate-exact": ["Copies", ""],
  "duplicate-near": ["Look-alikes", "bits that differ"],
  "too-small": ["Too small", "shorter side"],
  blurred: ["Blurred", "sharpness"],
  upscaled: ["Enlarged", "fine detail"],
  dark: ["Dark", "brightest parts"],
  bright: ["Too bright", "depth of shadows"],
  "low-contrast": ["Pale", "contrast"],
  "low-information": ["Nearly empty", "bits a pixel"],
  "odd-aspect": ["Strips", "short by long side"],
  "odd-size": ["Odd sizes", "closeness to the usual"],
  borders: ["Bars around", "share inside"],
  "colour-space": ["Other colour space", "share"],
  alpha: ["Transparent", "share"],
  faces: ["Too few or too many faces", "faces"],
};

export const titleOf = (code: Drop["code"]): string => REASONS[code][0];

export function pictureCard(path: string, note: string | null, thumbnails: Thumbnails): string {
  const text = note === null ? "" : `<span>${escapeHtml(note)}</span>`;
  return `<figure>${picture(path, thumbnails)}<figcaption title="${escapeHtml(path)}"><b>${escapeHtml(path)}</b>${text}</figcaption></figure>`;
}

/** Pictures under one reason, each with its score against the threshold. */
export function reasonBlock({ code, total, shown }: ReasonPlan, thumbnails: Thumbnails): string {
  const cards = shown.map((drop) => {
    const { path, message } = drop;
    return `<figure>${picture(path, thumbnails)}<figcaption title="${escapeHtml(`${path}: ${message}`)}"><b>${escapeHtml(path)}</b>${meter(drop)}</figcaption></figure>`;
  });
  const more = total > shown.length ? `<p class="more">and ${formatCount(total - shown.length)} more</p>` : "";
  return `<div class="reason"><h3>${titleOf(code)}<small>${formatCount(total)}</small></h3><div class="grid">${cards.join("\n")}</div>${more}</div>`;
}

/** Each picture that stays beside those that were taken for it; pairs stand side by side. */
export function groupBlocks(groups: readonly GroupPlan[], thumbnails: Thumbnails): string {
  if (groups.length === 0) return "";
  return `<div class="groups">${groups.map((group) => groupBlock(group, thumbnails)).join("\n")}</div>`;
}

function groupBlock({ kept, total, shown }: GroupPlan, thumbnails: Thumbnails): string {
  const members = shown.map(
    ({ path, message }) =>
      `<figure>${picture(path, thumbnails)}<figcaption title="${escapeHtml(path)}"><b>${escapeHtml(path)}</b><span>${escapeHtml(message.replace(kept, "it"))}</span></figcaption></figure>`,
  );
  const more = total > shown.length ? `<p class="more">and ${formatCount(total - shown.length)} more</p>` : "";
  return `<div class="group${shown.length === 1 ? " pair" : ""}"><figure class="stays">${picture(kept, thumbnails)}<figcaption title="${escapeHtml(kept)}"><em>kept</em><b>${escapeHtml(kept)}</b></figcaption></figure><div class="grid">${members.join("\n")}${more}</div></div>`;
}

function picture(path: string, thumbnails: Thumbnails): string {
  const data = thumbnails.get(path);
  return data === undefined ? `<i class="blank"></i>` : `<img src="${data}" alt="" loading="lazy">`;
}

function meter({ code, score, threshold, message }: Drop): string {
  const [, measure] = REASONS[code];
  if (score === undefined || threshold === undefined || threshold <= 0 || code === "leaked") {
    return `<span>${escapeHtml(message)}</span>`;
  }
  const share = Math.round(Math.max(0, Math.min(1, score / threshold)) * 100);
  const figure = (value: number) => String(Number(value.toPrecision(3)));
  return `<span class="meter"><i style="width:${share}%"></i></span><span>${measure} ${figure(score)}, needs ${figure(threshold)}</span>`;
}
