import {
  type BatchFolder,
  type BatchSpec,
  type Json,
  type JsonObject,
  type PlannedMember,
  RunSpec,
  specProblems,
  UserError,
} from "@loramill/contracts";
import { asWord, type Variables } from "./batch-variables.ts";
import { checkField, FieldProblem, fill, isField, pathOf, readAs, withField } from "./member-fields.ts";
import { datasetName, labelsOf, memberName } from "./member-name.ts";
import type { Place, Row } from "./place.ts";

export interface BatchLimits {
  /** Most runs of a batch. */
  readonly maxRuns: number;
  /** Most that all of their specs are as JSON, in characters. */
  readonly maxCharacters: number;
}

/** Problems that are told; the rest is counted. */
const TOLD_PROBLEMS = 20;

interface Problem {
  readonly member: number;
  readonly place: string;
  readonly field: string;
  readonly message: string;
}

/**
 * The runs of a batch, in order: by folder or row, and within one by the combinations of the matrix, whose last field changes
 * first. Equal batches give equal members. UserError `bad-spec` that names every row and field that is wrong, `too-many-runs`.
 */
export function expandBatch(batch: BatchSpec, limits: BatchLimits): PlannedMember[] {
  checkFields(batch);
  const matrix = Object.entries(batch.matrix ?? {});
  const base = basePlaces(batch);
  const total = matrix.reduce((runs, [, values]) => runs * values.length, base.length);
  if (total > limits.maxRuns) {
    throw new UserError(
      `${batch.name} makes ${total} runs, and a batch may have ${limits.maxRuns}: make several of it, or set BATCH_MAX_RUNS`,
      { code: "too-many-runs" },
    );
  }
  const members: PlannedMember[] = [];
  const problems: Problem[] = [];
  let characters = 0;
  const places = base.flatMap((each) => combinations(matrix).map((values) => ({ ...each, matrix: values })));
  for (const [index, place] of places.entries()) {
    const made = memberAt(batch, place, index + 1);
    if ("problems" in made) {
      problems.push(...made.problems);
      continue;
    }
    members.push(made);
    characters += JSON.stringify(made.spec).length;
    if (characters > limits.maxCharacters) throw tooLarge(batch, limits);
  }
  if (problems.length > 0) throw refusal(batch, places.length - members.length, problems);
  checkNames(batch, members);
  return members;
}

function checkFields({ name, rows = [], matrix = {}, run }: BatchSpec): void {
  const columns = new Set(rows.flatMap(Object.keys).filter((column) => column !== "folder" && isField(column)));
  for (const field of [...Object.keys(run).filter(isBatchs), ...columns, ...Object.keys(matrix)]) {
    try {
      checkField(field);
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error;
      throw new UserError(`${name}: ${error.field}: ${error.message}`, { code: "bad-spec", details: { field } });
    }
  }
  const twice = Object.keys(matrix).find((field) => columns.has(field));
  if (twice === undefined) return;
  throw new UserError(`${name}: ${twice} is a column of the rows and a field of the matrix: leave one of them out`, {
    code: "bad-spec",
    details: { field: twice },
  });
}

const isBatchs = (field: string): boolean => field === "project" || field === "version";

/** Folders, rows, or the rows of the folders; one place where only a matrix varies. */
function basePlaces({ name, folders, rows }: BatchSpec): Place[] {
  const place: Place = { folder: null, row: null, rowNumber: null, matrix: {} };
  const numbered = rows?.map((row, index) => ({ ...place, row, rowNumber: index + 1 }));
  if (folders === undefined) return numbered ?? [place];
  const byName = new Map(folders.map((folder) => [folder.name, folder]));
  if (byName.size < folders.length) throw wrong(name, "two folders have the same name: give them in two batches");
  if (numbered === undefined) return folders.map((folder) => ({ ...place, folder }));
  const joined = numbered.map((each) => {
    const asked = each.row.folder;
    const folder = byName.get(String(asked ?? ""));
    if (folder !== undefined) return { ...each, folder };
    throw wrong(
      name,
      `row ${each.rowNumber}: folder: ${asked === undefined ? "is missing: each row names its folder" : `there is no folder ${JSON.stringify(asked)}`}`,
    );
  });
  const used = new Set(joined.map(({ folder }) => folder.name));
  const without = folders.filter((folder) => !used.has(folder.name));
  if (without.length === 0) return joined;
  const some = without.slice(0, 5).map((folder) => folder.name);
  throw wrong(
    name,
    `${without.length} folders have no row, such as ${some.join(", ")}: add their rows, or name fewer folders`,
  );
}

function combinations(matrix: readonly (readonly [string, readonly Json[]])[]): Row[] {
  return matrix.reduce<Row[]>(
    (rows, [field, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [field]: value }))),
    [{}],
  );
}

function memberAt(batch: BatchSpec, place: Place, number: number): PlannedMember | { readonly problems: Problem[] } {
  const at = (field: string, message: string): Problem => ({
    member: number,
    place: labelOf(place, number),
    field,
    message,
  });
  try {
    const spec = specOf(batch, place, number);
    const parsed = RunSpec.safeParse(spec, { reportInput: true });
    if (!parsed.success) {
      const found = specProblems(parsed.error.issues, { schema: RunSpec });
      return { problems: found.map(({ field, message }) => at(field, message)) };
    }
    return { number, name: parsed.data.name, values: valuesOf(place), spec: parsed.data };
  } catch (error) {
    if (error instanceof FieldProblem) return { problems: [at(error.field, error.message)] };
    throw error;
  }
}

/** The template, filled in, then the row's fields and the matrix's, and last what the batch says for all. */
function specOf(
  { name: batch, project, run, priority, deadline }: BatchSpec,
  place: Place,
  number: number,
): JsonObject {
  const { folder, row, matrix } = place;
  const variables = variablesOf(batch, place, number);
  let spec = fill(run, variables) as JsonObject;
  const fields = Object.entries(row ?? {}).filter(([column]) => column !== "folder" && isField(column));
  for (const [field, value] of [...fields, ...Object.entries(matrix)]) {
    // An empty cell leaves what the template says.
    if (value === "") continue;
    spec = withField(spec, field, readAs(pathOf(field), fill(value, variables, pathOf(field))));
  }
  if (folder !== null) spec = withSource(spec, folder.source);
  spec = withDatasetName(spec, batch, place);
  return {
    name: memberName(batch, place, number),
    ...(priority === undefined ? {} : { priority }),
    ...(deadline === undefined ? {} : { deadline }),
    ...spec,
    project,
  };
}

function withSource(spec: JsonObject, source: BatchFolder["source"]): JsonObject {
  const dataset = (spec.dataset ?? {}) as JsonObject;
  const sources = Array.isArray(dataset.sources) ? dataset.sources : [];
  return { ...spec, dataset: { ...dataset, sources: [...sources, source as JsonObject] } };
}

/**
 * Runs of the same pictures name their dataset alike, by the folder or the batch and not by the run: its name is part of what it
 * is, and captions that were made for it are reused under that name alone.
 */
function withDatasetName(spec: JsonObject, batch: string, { folder, row, matrix }: Place): JsonObject {
  const dataset = spec.dataset as JsonObject | undefined;
  const isVaried = Object.keys({ ...row, ...matrix }).some((field) => field.startsWith("dataset."));
  const isShared = !isVaried && (folder === null || Object.keys(matrix).length > 0);
  if (dataset === undefined || dataset.name !== undefined || !isShared) return spec;
  return { ...spec, dataset: { ...dataset, name: datasetName(batch, folder) } };
}

function variablesOf(batch: string, { folder, row, matrix }: Place, number: number): Variables {
  const prefixed = (prefix: string, values: Row): Variables =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
  return {
    batch,
    number,
    ...(folder === null ? {} : { folder: folder.name, "folder.word": asWord(folder.name) }),
    ...prefixed("row", row ?? {}),
    ...prefixed("matrix", matrix),
  };
}

function valuesOf({ folder, row, matrix }: Place): JsonObject {
  return {
    ...(folder === null ? {} : { folder: folder.name }),
    ...(row === null ? {} : { row: { ...row } }),
    ...(Object.keys(matrix).length === 0 ? {} : { matrix: { ...matrix } }),
  };
}

/** Such as `row 3, rank-8`: where a person finds the member in what they wrote. */
function labelOf(place: Place, number: number): string {
  const labels = [place.rowNumber === null ? "" : `row ${place.rowNumber}`, ...labelsOf(place)].filter(Boolean);
  return labels.join(", ") || `run ${number}`;
}

function checkNames(batch: BatchSpec, members: readonly PlannedMember[]): void {
  const seen = new Map<string, number>();
  for (const { name, number } of members) {
    const other = seen.get(name);
    if (other !== undefined) {
      throw wrong(
        batch.name,
        `run.name: runs ${other} and ${number} are both called ${name}: leave the name out, or put a variable into it`,
      );
    }
    seen.set(name, number);
  }
}

const wrong = (batch: string, message: string): UserError =>
  new UserError(`${batch}: ${message}`, { code: "bad-spec" });

function refusal({ name }: BatchSpec, runs: number, problems: readonly Problem[]): UserError {
  const told = problems.slice(0, TOLD_PROBLEMS);
  const lines = told.map(({ place, field, message }) => `${place}: ${field || "spec"}: ${message}`);
  const rest = problems.length > told.length ? [`and ${problems.length - told.length} more`] : [];
  return new UserError(`${name}: ${runs} of its runs cannot be made:\n  ${[...lines, ...rest].join("\n  ")}`, {
    code: "bad-spec",
    details: { problems: told.map((problem) => ({ ...problem })) },
  });
}

function tooLarge({ name }: BatchSpec, { maxCharacters }: BatchLimits): UserError {
  return new UserError(
    `${name}: the specs of its runs are more than ${Math.round(maxCharacters / 1_000_000)} MB: make several batches of it`,
    { code: "too-many-runs" },
  );
}
