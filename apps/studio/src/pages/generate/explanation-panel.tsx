import type { ChoiceExplanation } from "@loramill/contracts";
import { formatBytes, formatPercent, formatSeconds } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { type Column, Table } from "../../ui/table.tsx";

/** Why a picture has the LoRAs and parameters that it has: each with its reasons, and what would change the choice. */
export function ExplanationPanel({ explanation }: { readonly explanation: ChoiceExplanation }) {
  const { summary, loras, passed, parameters, estimate, warnings, performance, wouldChange, prompt, arm } = explanation;
  return (
    <Card
      title="Why it is so"
      actions={
        <span className="row">
          <Badge>{explanation.mode}</Badge>
          {arm && (
            <Badge title={arm === "learned" ? "Ratings had a say" : "Chosen without ratings, to compare"}>{arm}</Badge>
          )}
        </span>
      }
    >
      <div className="stack">
        <p>
          <strong>{summary}</strong>
        </p>
        {warnings.map((warning) => (
          <Notice key={warning} tone="amber">
            {warning}
          </Notice>
        ))}
        <Stats
          facts={[
            ["Time", formatSeconds(estimate.seconds.p50), `at most ${formatSeconds(estimate.seconds.p90)} (p90)`],
            ["Memory", formatBytes(estimate.vramBytes.p50), `at most ${formatBytes(estimate.vramBytes.p90)} (p90)`],
            ["Prompt", prompt.complexity.level, `read by ${prompt.source}`],
            ["Rests on", estimate.jobs === 0 ? "the prior" : `${estimate.jobs} jobs`, "that were finished before"],
          ]}
        />
        {loras.map((lora) => (
          <LoraReasons key={lora.name} lora={lora} />
        ))}
        {passed.length > 0 && (
          <details>
            <summary>{passed.length} more suit somewhat</summary>
            <ul className="bullets">
              {passed.map(({ id, name, confidence, text }) => (
                <li key={id}>
                  {name} ({formatPercent(confidence)}): {text}
                </li>
              ))}
            </ul>
          </details>
        )}
        <Table label="Parameters" columns={COLUMNS} rows={Object.entries(parameters)} rowKey={([name]) => name} />
        <Sentences title="Performance" lines={performance} />
        <Sentences title="What would change it" lines={wouldChange} />
      </div>
    </Card>
  );
}

function LoraReasons({ lora }: { readonly lora: ChoiceExplanation["loras"][number] }) {
  const { name, confidence, given, strength, reasons, triggerWords } = lora;
  return (
    <div className="stack-tight">
      <div className="row">
        <strong>{name}</strong>
        <Confidence value={confidence} given={given} />
        <span className="muted">
          at {strength.value}: {strength.reason}
        </span>
      </div>
      <ul className="muted bullets">
        {reasons.map(({ kind, text, points }) => (
          <li key={`${kind} ${text}`}>
            <span className="number">{points >= 0 ? `+${points.toFixed(1)}` : points.toFixed(1)}</span> {text}
          </li>
        ))}
      </ul>
      {triggerWords.length > 0 && <p className="muted">It also listens to {triggerWords.join(", ")}.</p>}
    </div>
  );
}

/** How sure it is that a LoRA suits a prompt. */
export function Confidence({ value, given }: { readonly value: number | null; readonly given: boolean }) {
  if (given) return <Badge>given</Badge>;
  if (value === null) return null;
  return (
    <Badge tone={value >= 0.8 ? "green" : "amber"} title="How sure it is that this suits the prompt">
      {formatPercent(value)} sure
    </Badge>
  );
}

type Parameter = [name: string, { readonly value: string | number; readonly source: string; readonly reason: string }];

const SOURCES: Readonly<Record<string, readonly [Tone, string]>> = {
  given: ["grey", "given"],
  family: ["grey", "usual"],
  learned: ["violet", "learned from ratings"],
  constraint: ["amber", "to keep a limit"],
};

const COLUMNS: readonly Column<Parameter>[] = [
  { name: "Parameter", main: true, cell: ([name]) => name },
  { name: "Value", end: true, cell: ([, { value }]) => value },
  {
    name: "From",
    cell: ([, { source }]) => <Badge tone={SOURCES[source]?.[0] ?? "grey"}>{SOURCES[source]?.[1] ?? source}</Badge>,
  },
  { name: "Reason", wide: true, cell: ([, { reason }]) => reason },
];

function Sentences({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <ul className="muted bullets">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
