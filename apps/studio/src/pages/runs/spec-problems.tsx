import type { SpecProblem } from "@loramill/contracts";
import type { Tone } from "../../ui/badge.tsx";
import { Notice } from "../../ui/problem-notice.tsx";

/** What is wrong with a spec, by its fields; nothing where nothing is. */
export function SpecProblems({
  title,
  tone = "red",
  problems,
}: {
  readonly title: string;
  readonly tone?: Tone;
  readonly problems: readonly SpecProblem[];
}) {
  if (problems.length === 0) return null;
  return (
    <Notice tone={tone} title={title}>
      <ul>
        {problems.map(({ field, message }) => (
          <li key={`${field} ${message}`}>
            {field && <code>{field}</code>} {message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
