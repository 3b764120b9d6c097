import { type Json, UserError } from "@loramill/contracts";

export interface Refusal {
  readonly code: string;
  /** Path in the spec, such as `generate.width`. */
  readonly field: string;
  /** What is wrong, without the field and without a full stop. */
  readonly problem: string;
  readonly given?: Json;
  /** What would be taken, in words or as a range. */
  readonly allowed?: string;
  /** What was probably meant, or what to do. */
  readonly likely?: string;
}

/** Refuses a spec. The message says it all in one line; the parts are in `details` for programs. */
export function refuse({ code, field, problem, given, allowed, likely }: Refusal): never {
  const sentences = [`${field}: ${problem}`, allowed && `allowed: ${allowed}`, likely].filter(Boolean);
  throw new UserError(`${sentences.join(". ")}.`, {
    code,
    details: {
      field,
      ...(given === undefined ? {} : { given }),
      ...(allowed === undefined ? {} : { allowed }),
      ...(likely === undefined ? {} : { likely }),
    },
  });
}

/** The known name that differs least from the one given, when they differ by no more than a few letters. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= Math.max(2, given.length / 3) ? best.name : undefined;
}

/** Levenshtein's distance, on at most 64 characters. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, 64);
  const b = right.slice(0, 64);
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
