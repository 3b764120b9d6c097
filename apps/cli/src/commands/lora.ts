import { userInfo } from "node:os";
import { type LoraChangeInput, type LoraSource, type LoraSummary, type LoraView, UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatBytes, formatTable, shortTime } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import { openPicture } from "./lora-import.ts";

export interface InProject {
  readonly project?: string;
}

export interface LoraListOptions extends InProject {
  readonly name?: string;
  readonly family?: string;
  readonly tag?: readonly string[];
  readonly minRating?: number;
  readonly source?: string;
  readonly deleted?: boolean;
  readonly limit?: number;
}

/** Lists LoRAs; with words, those in which every word stands somewhere. */
export async function loraListCommand(
  words: readonly string[],
  { tag, source, deleted, ...options }: LoraListOptions,
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items, next } = await client.loras.list({
      ...options,
      ...(words.length === 0 ? {} : { q: words.join(" ") }),
      ...(tag === undefined ? {} : { tags: tag.join(",") }),
      ...(source === undefined ? {} : { source: source as LoraSource }),
      ...(deleted ? { deleted: "true" as const } : {}),
    });
    if (context.json) printJson(context, { items, next });
    else if (items.length > 0) printTable(items, next !== null, context);
    else
      printLine(
        context,
        emptyAnswer(
          [...words, ...Object.values({ ...options, tag, source })].some((one) => one !== undefined),
          deleted,
        ),
      );
    return exitCodes.ok;
  });
}

function emptyAnswer(isSearch: boolean, deleted = false): string {
  if (deleted) return "no deleted LoRAs";
  if (isSearch) return "no LoRA is like that; `loramill lora list` shows all";
  return "no LoRAs yet; train one with `loramill run FOLDER`, or import files with `loramill lora import FILE`";
}

function printTable(items: readonly LoraSummary[], isCut: boolean, context: CommandContext): void {
  const rows = items.map((one) => [
    `${one.name}@${one.version}`,
    one.family,
    `${one.rank ?? ""}`,
    formatBytes(one.bytes),
    one.triggerWords.slice(0, 3).join(", "),
    one.rating === null ? "" : `${one.rating.average.toFixed(1)} (${one.rating.count})`,
    one.tags.join(", "),
    one.source,
    shortTime(one.createdAt),
  ]);
  const titles = ["LoRA", "family", "rank", "size", "trigger words", "stars", "tags", "source", "since (UTC)"];
  printLine(context, formatTable(titles, rows));
  if (isCut) printLine(context, "\nthere are more: search for words, or give a larger --limit (200 at most)");
}

export function loraShowCommand(lora: string, options: InProject, context: CommandContext): Promise<number> {
  return show(context, (client) => client.loras.get(lora, options), printView);
}

/** Changes what people write about a LoRA, and says how it is now. */
export function loraChangeCommand(
  lora: string,
  change: LoraChangeInput,
  options: InProject,
  context: CommandContext,
): Promise<number> {
  return show(context, (client) => client.loras.change(lora, change, options), printView);
}

export function loraRateCommand(
  lora: string,
  rating: { readonly stars: number; readonly comment?: string; readonly by?: string },
  options: InProject,
  context: CommandContext,
): Promise<number> {
  const by = rating.by ?? userInfo().username;
  const print = ({ name, version, rating: now }: LoraView) =>
    printLine(context, `${name}@${version}  ${now?.average.toFixed(1)} stars of ${now?.count} people`);
  return show(context, (client) => client.loras.rate(lora, { ...rating, by }, options), print);
}

/** Sets the picture of a LoRA, or takes it away. */
export async function loraCoverCommand(
  lora: string,
  picture: string | undefined,
  options: InProject & { readonly remove?: boolean },
  context: CommandContext,
): Promise<number> {
  const { remove, ...where } = options;
  if ((picture === undefined) === !remove) {
    throw new UserError("name a picture, or --remove the one there is", { code: "bad-option" });
  }
  const cover = picture === undefined ? null : await openPicture(picture);
  const set = (client: Client) =>
    cover === null ? client.loras.change(lora, { cover }, where) : client.loras.setCover(lora, cover, where);
  const print = ({ name, version }: LoraView) =>
    printLine(context, `${name}@${version}  ${cover === null ? "has no picture now" : `shows ${cover.fileName}`}`);
  return show(context, set, print);
}

export function loraDeleteCommand(lora: string, options: InProject, context: CommandContext): Promise<number> {
  const print = ({ name, version }: LoraView) =>
    printLine(context, `deleted ${name}@${version}; \`loramill lora restore "${name}@${version}"\` brings it back`);
  return show(context, (client) => client.loras.delete(lora, options), print);
}

export function loraRestoreCommand(lora: string, options: InProject, context: CommandContext): Promise<number> {
  const print = ({ name, version }: LoraView) => printLine(context, `${name}@${version} is there again`);
  return show(context, (client) => client.loras.restore(lora, options), print);
}

async function show(
  context: CommandContext,
  ask: (client: Client) => Promise<LoraView>,
  print: (view: LoraView, context: CommandContext) => void,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await ask(client);
    if (context.json) printJson(context, view);
    else print(view, context);
    return exitCodes.ok;
  });
}

function printView(view: LoraView, context: CommandContext): void {
  const { hashes, rating } = view;
  const facts = [
    ["id", view.id],
    [
      "family",
      `${view.family}${view.variant === null ? "" : ` ${view.variant}`}${view.familyFrom === null ? "" : ` (by ${view.familyFrom})`}`,
    ],
    ["keys", view.dialect ?? ""],
    ["rank", `${view.rank ?? ""}`],
    ["base model", view.baseModel],
    ["trigger words", view.triggerWords.join(", ")],
    ["tags", view.tags.join(", ")],
    ["aliases", view.aliases.join(", ")],
    ["stars", rating === null ? "" : `${rating.average.toFixed(1)} of ${rating.count} people`],
    [
      "source",
      view.origin === null
        ? `${view.source}${view.run === null ? "" : ` by ${view.run}`}`
        : `${view.source} from ${view.origin}`,
    ],
    ["picture", view.coverUrl === null ? "" : "yes"],
    ["size", formatBytes(view.bytes)],
    ...(view.weights.length === 1 && view.weights[0]?.role === "both"
      ? [["SHA-256", hashes.sha256]]
      : view.weights.map(({ role, sha256, bytes }) => [`${role} noise`, `${sha256}  ${formatBytes(bytes)}`])),
    ["AutoV2, AutoV3", `${hashes.autoV2}, ${hashes.autoV3}`],
    ["since (UTC)", shortTime(view.createdAt)],
    ["versions", view.versions.map(({ version }) => `${version}`).join(", ")],
  ];
  printLine(context, `${view.name}@${view.version}`);
  for (const [label = "", text = ""] of facts) if (text !== "") printLine(context, `  ${label.padEnd(15)} ${text}`);
  if (view.notes !== "") printLine(context, `\n${view.notes}`);
  for (const { stars, by, comment } of view.ratings) {
    printLine(context, `\n  ${"★".repeat(stars)}${"☆".repeat(5 - stars)} ${by}${comment === "" ? "" : `: ${comment}`}`);
  }
}
