import { globSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import {
  BatchSpec,
  type BatchSpecInput,
  isArchiveName,
  type JsonObject,
  type RunSpecInput,
  specProblems,
  UserError,
  withoutArchiveExtension,
} from "@loramill/contracts";
import { sourceOf } from "./dataset-spec.ts";
import { moment } from "./moment.ts";
import { parseCsv } from "./parse-csv.ts";
import { readSpecValue, withAbsoluteFiles } from "./read-spec-file.ts";

/** Options of `batch run`, `plan` and `quote` that stand for parts of the file. */
export interface BatchOptions {
  readonly name?: string;
  readonly project?: string;
  readonly budget?: number;
  readonly deadline?: string;
  readonly priority?: number;
  readonly maxFailures?: number;
}

/**
 * The batch of a file (`kind: batch`): its folders are found, its table is read, and paths are made absolute; they are relative
 * to the file. UserError `bad-spec` that names every field which is wrong, `bad-table`, `source-missing`.
 */
export function readBatchFile(argument: string, options: BatchOptions): BatchSpecInput {
  const path = resolve(argument);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new UserError(`${argument}: no such file`, { code: "spec-not-found" });
  }
  const given = readSpecValue(path) as Record<string, unknown> | null;
  if (given?.kind !== "batch") {
    throw new UserError(
      `${argument}: not a batch: it begins with \`kind: batch\`; a single run is for \`loramill run\``,
      {
        code: "bad-spec",
      },
    );
  }
  const folder = dirname(path);
  const { table, folders, run, ...rest } = given;
  if (table !== undefined && rest.rows !== undefined) {
    throw new UserError(`${argument}: give rows or a table, not both`, { code: "bad-spec" });
  }
  return checkBatch(
    {
      ...rest,
      ...(folders === undefined ? {} : { folders: findFolders(folders, folder) }),
      ...(table === undefined ? {} : { rows: readTable(resolve(folder, String(table))) }),
      run: withAbsoluteFiles((run ?? {}) as RunSpecInput, folder) as unknown as JsonObject,
      ...applied(options),
    } as BatchSpecInput,
    argument,
  );
}

function applied({ name, project, budget, deadline, priority, maxFailures }: BatchOptions): Partial<BatchSpecInput> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(project === undefined ? {} : { project }),
    ...(budget === undefined ? {} : { budgetUsd: budget }),
    ...(deadline === undefined ? {} : { deadline: moment("deadline", deadline) }),
    ...(priority === undefined ? {} : { priority }),
    ...(maxFailures === undefined ? {} : { maxFailures }),
  };
}

/** Folders and archives that match, sorted by their paths; hidden ones are none. */
function findFolders(patterns: unknown, folder: string): NonNullable<BatchSpecInput["folders"]> {
  const texts = (Array.isArray(patterns) ? patterns : [patterns]).map(String);
  const found = texts.flatMap((pattern) => {
    const paths = globSync(pattern, { cwd: folder })
      .map((path) => resolve(folder, path))
      .filter((path) => !basename(path).startsWith(".") && (isArchiveName(path) || isFolder(path)));
    if (paths.length > 0) return paths;
    throw new UserError(`folders: ${pattern} matches no folder and no archive in ${folder}`, {
      code: "source-missing",
    });
  });
  const sorted = [...new Set(found)].sort((a, b) => (a < b ? -1 : 1));
  return sorted.map((path) => ({ name: withoutArchiveExtension(basename(path)), source: sourceOf(path, {}) }));
}

/** A link that leads nowhere is none. */
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function readTable(path: string): BatchSpecInput["rows"] {
  if (extname(path).toLowerCase() !== ".csv") return readSpecValue(path) as BatchSpecInput["rows"];
  try {
    return parseCsv(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path}: ${why}`, { code: "bad-table" });
  }
}

/** Throws UserError `bad-spec` that names every field which is wrong. */
function checkBatch(spec: BatchSpecInput, argument: string): BatchSpecInput {
  const parsed = BatchSpec.safeParse(spec, { reportInput: true });
  if (parsed.success) return spec;
  const problems = specProblems(parsed.error.issues, { schema: BatchSpec }).map(
    ({ field, message }) => `${field || "batch"}: ${message}`,
  );
  throw new UserError(`${argument}: the batch is wrong:\n  ${problems.join("\n  ")}`, { code: "bad-spec" });
}
