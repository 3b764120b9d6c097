import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { CaptionPart, type RunSpecInput, sha256Hex, UserError } from "@loramill/contracts";
import { formatHistory, formatPrompts } from "../caption-history.ts";
import { connect, withConnection } from "../connect.ts";
import { exitCodeOfRun, exitCodes } from "../exit-codes.ts";
import { followRun } from "../follow-run.ts";
import { formatTable } from "../format.ts";
import { listImages } from "../list-images.ts";
import { type Replacement, replaceInCaptions } from "../replace-captions.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface CaptionOptions {
  readonly provider?: string;
  readonly trigger?: string;
  readonly class?: string;
  readonly existing?: string;
}

/** Captions every picture of a version and makes a new version with what was written. */
export async function captionRunCommand(
  dataset: string,
  options: CaptionOptions,
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { digest, name, statistics } = await client.datasets.get(dataset);
    const [size] = Object.entries(statistics.sizes).sort(([, a], [, b]) => b - a);
    const [width = 1024, height = 1024] = (size?.[0] ?? "").split("x").map(Number);
    const spec: RunSpecInput = {
      name: `captions of ${name}`.slice(0, 100),
      dataset: {
        name,
        sources: [{ type: "dataset", digest }],
        prepare: { resolution: Math.min(width, height) },
        // Every picture of the version is captioned: it was cleaned when it was made.
        cleaning: {
          exactDuplicates: "keep",
          nearDuplicates: "keep",
          blurred: "keep",
          tooSmall: "keep",
          lowContrast: "keep",
        },
      },
      caption: captionSpecOf(options),
    };
    const { run } = await followRun({ client, start: () => client.createRun(spec), onInterrupt: "cancel", context });
    const output = run.steps.find(({ kind }) => kind === "caption")?.output;
    if (run.state !== "succeeded" || !output) return exitCodeOfRun(run.state);
    const view = await client.datasets.derive(digest, { captionsOf: output });
    if (context.json) printJson(context, view);
    else {
      const { existing } = view.statistics.captions;
      printLine(context, `${existing} of ${view.statistics.kept} pictures of ${view.name} have a caption now`);
      printLine(context, `version ${view.digest}; \`loramill caption rollback ${view.name}\` takes them back`);
    }
    return exitCodes.ok;
  });
}

export async function captionShowCommand(
  dataset: string,
  path: string | undefined,
  options: { readonly prompts?: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    if (path === undefined) {
      const images = await listImages(client, dataset);
      if (context.json)
        printJson(
          context,
          images.map(({ path: name, caption }) => ({ path: name, caption })),
        );
      else
        printLine(
          context,
          formatTable(
            ["picture", "caption"],
            images.map((one) => [one.path, one.caption ?? ""]),
          ),
        );
      return exitCodes.ok;
    }
    const history = await client.datasets.captions(dataset, path);
    if (context.json) printJson(context, history);
    else {
      printLine(context, `${history.path}: ${history.now ?? "(no caption)"}`);
      if (history.versions.length > 0) printLine(context, `\n${formatHistory(history.versions)}`);
      const prompts = options.prompts ? formatPrompts(history.versions) : "";
      if (prompts !== "") printLine(context, `\n${prompts}`);
    }
    return exitCodes.ok;
  });
}

export async function captionEditCommand(
  dataset: string,
  path: string,
  text: string,
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.datasets.derive(dataset, { captions: { [path]: text.trim() === "" ? null : text } });
    if (context.json) printJson(context, view);
    else printLine(context, `version ${view.digest} of ${view.name}`);
    return exitCodes.ok;
  });
}

/** Replaces words in all captions; with `preview` it only shows what would change. */
export async function captionReplaceCommand(
  dataset: string,
  replacement: Replacement & { readonly preview?: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const changes = replaceInCaptions(await listImages(client, dataset), replacement);
    const view =
      replacement.preview || changes.length === 0
        ? null
        : await client.datasets.derive(dataset, {
            captions: Object.fromEntries(changes.map(({ path, after }) => [path, after === "" ? null : after])),
          });
    if (context.json) printJson(context, { changes, digest: view?.digest ?? null });
    else {
      for (const { path, before, after } of changes) printLine(context, `${path}\n  - ${before}\n  + ${after}`);
      printLine(context, `${changes.length} captions ${view === null ? "would change" : "changed"}`);
      if (view !== null)
        printLine(context, `version ${view.digest}; \`loramill caption rollback ${view.name}\` undoes it`);
    }
    return exitCodes.ok;
  });
}

/** Makes an older version the newest again; the version it was derived from when none is named. */
export async function captionRollbackCommand(
  dataset: string,
  options: { readonly to?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { name, parent, digest } = await client.datasets.get(dataset);
    const target = options.to === undefined ? parent : (await client.datasets.get(options.to)).digest;
    if (target === null) {
      throw new UserError(`${dataset} (${digest.slice(0, 12)}) was derived from nothing: name a version with --to`, {
        code: "nothing-to-undo",
      });
    }
    const images = await listImages(client, digest);
    const old = new Map((await listImages(client, target)).map(({ path, caption }) => [path, caption]));
    const captions = images.flatMap(({ path, caption }) => {
      const before = old.get(path);
      return before === undefined || before === caption ? [] : [[path, before] as const];
    });
    const view = await client.datasets.derive(digest, { captions: Object.fromEntries(captions) });
    if (context.json) printJson(context, view);
    else
      printLine(
        context,
        `${captions.length} captions of ${name} are as in ${target.slice(0, 12)}: version ${view.digest}`,
      );
    return exitCodes.ok;
  });
}

/** Asks a captioner about one picture and prints its answer, before and after the clean-up. */
export async function captionTestCommand(
  provider: string,
  picture: string,
  options: Omit<CaptionOptions, "provider">,
  context: CommandContext,
): Promise<number> {
  const body = await openAsBlob(picture).catch(() => {
    throw new UserError(`${picture}: no such file`, { code: "picture-missing" });
  });
  const { client, mill } = await connect(context);
  try {
    const sha256 = sha256Hex(new Uint8Array(await body.arrayBuffer()));
    const { listing } = await client.upload([{ path: basename(picture), sha256, body }]);
    const spec: RunSpecInput = {
      name: "caption test",
      dataset: {
        sources: [{ type: "upload", listing }],
        cleaning: { blurred: "keep", tooSmall: "keep", lowContrast: "keep" },
      },
      caption: captionSpecOf({ ...options, provider, existing: "replace" }),
      policy: { reuse: false },
    };
    const { run } = await followRun({ client, start: () => client.createRun(spec), onInterrupt: "cancel", context });
    const { items } = await client.listArtifacts(run.id);
    const captions = items.find(({ kind }) => kind === "captions");
    if (captions === undefined) {
      context.err.write(`loramill: ${run.error?.message ?? `the run is ${run.state}`}\n`);
      return exitCodes.failed;
    }
    const part = CaptionPart.parse(JSON.parse(new TextDecoder().decode(await client.download(captions.url))));
    if (context.json) printJson(context, part);
    for (const { provider: by, raw, text } of context.json ? [] : part.captions) {
      printLine(context, `${by} said    ${raw}\ncaption       ${text}`);
    }
    for (const { message } of part.refused) context.err.write(`refused: ${message}\n`);
    return part.captions.length > 0 ? exitCodes.ok : exitCodes.failed;
  } finally {
    await mill?.stop();
  }
}

function captionSpecOf(options: CaptionOptions): NonNullable<RunSpecInput["caption"]> {
  return {
    ...(options.provider ? { provider: options.provider as "auto" } : {}),
    ...(options.trigger ? { triggerWord: options.trigger } : {}),
    ...(options.class ? { className: options.class } : {}),
    ...(options.existing ? { existing: options.existing as "keep" } : {}),
  };
}
