export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  /** As other stages and `--target` call it. */
  readonly name: string;
  /** An image, or an earlier stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** ARGs before the first stage, by name. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** Reads what our Dockerfiles use of the language: comments, continued lines, stages with names. */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const defaults: Record<string, string> = {};
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of lines) {
    const [, name = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`no instruction: ${line}`);
    const stage = stages.at(-1);
    if (name === "FROM") {
      const [, from = "", as = ""] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
      stages.push({ name: as, from, instructions: [] });
    } else if (stage !== undefined) stage.instructions.push({ name, text: rest });
    else if (name === "ARG") defaults[rest.split("=")[0] ?? ""] = rest.split("=")[1] ?? "";
    else throw new Error(`${name} before the first FROM`);
  }
  return { defaults, stages };
}
