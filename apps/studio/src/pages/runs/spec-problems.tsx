import type { SpecProblem } from "@loramill/contracts";
import { yamlLine } from "../../lib/yaml-line.ts";
import type { Tone } from "../../ui/badge.tsx";
import { Notice } from "../../ui/problem-notice.tsx";

/** What is wrong with a spec, by its fields, and by the lines of its `text` where that is given; nothing where nothing is. */
export function SpecProblems({
  title,
  tone = "red",
  problems,
  text = "",
}: {
  readonly title: string;
  readonly tone?: Tone;
  readonly problems: readonly SpecProblem[];
  readonly text?: string;
}) {
  if (problems.length === 0) return null;
  return (
    <Notice tone={tone} title={title}>
      <ul>
        {problems.map(({ field, message }) => {
          const line = field === "" ? null : yamlLine(text, field);
          return (
            <li key={`${field} ${message}`}>
              {field && <code>{field}</code>} {message}
              {line !== null && <span className="muted"> (line {line})</span>}
            </li>
          );
        })}
      </ul>
    </Notice>
  );
}
