import type { ChosenLora } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Confidence } from "./explanation-panel.tsx";
import type { LoraRow } from "./generate-form.ts";
import styles from "./lora-rows.module.css";

const USUAL_STRENGTH = "0.8";

/** LoRAs with their strengths: added from the library, changed and removed; with why they were recommended, where they were. */
export function LoraRows({
  rows,
  chosen = [],
  onChange,
}: {
  readonly rows: readonly LoraRow[];
  readonly chosen?: readonly ChosenLora[];
  readonly onChange: (rows: readonly LoraRow[]) => void;
}) {
  const set = (at: number, part: Partial<LoraRow>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...part } : row)));
  return (
    <div className="stack-tight">
      {rows.map((row, at) => {
        const why = chosen.find(({ name }) => row.lora === name || row.lora.startsWith(`${name}@`));
        return (
          <div key={row.lora} className={styles.row}>
            <div className="spread">
              <span className="row">
                <strong>{row.lora}</strong>
                {why && <Confidence value={why.confidence} given={why.given} />}
              </span>
              <Button
                small
                kind="plain"
                icon="trash"
                aria-label={`Remove ${row.lora}`}
                onClick={() => onChange(rows.filter((_, index) => index !== at))}
              />
            </div>
            <div className={styles.strength}>
              <input
                type="range"
                min="0"
                max="2"
                step="0.05"
                aria-label={`Strength of ${row.lora}`}
                value={row.strength}
                onChange={(event) => set(at, { strength: event.target.value })}
              />
              <input
                className="input"
                inputMode="decimal"
                aria-label={`Strength of ${row.lora}, as a number`}
                value={row.strength}
                onChange={(event) => set(at, { strength: event.target.value })}
              />
            </div>
            {why && <p className="muted">{whyOf(why)}</p>}
          </div>
        );
      })}
      <AddLora
        taken={rows.map(({ lora }) => lora)}
        onAdd={(lora) => onChange([...rows, { lora, strength: USUAL_STRENGTH }])}
      />
    </div>
  );
}

/** The reasons that speak for it, strongest first. */
const whyOf = ({ reasons, strength }: ChosenLora): string =>
  [
    ...reasons
      .filter(({ points, kind }) => points > 0 && kind !== "start")
      .toSorted((one, other) => other.points - one.points)
      .map(({ text }) => text),
    `strength: ${strength.reason}`,
  ].join("; ");

function AddLora({ taken, onAdd }: { readonly taken: readonly string[]; readonly onAdd: (lora: string) => void }) {
  const client = useClient();
  const project = useProjectFilter();
  const { data } = useQuery({
    queryKey: ["loras", "versions", project],
    queryFn: ({ signal }) => client.loras.list({ ...project, limit: 200, signal }),
  });
  const free = (data?.items ?? []).filter(({ name, version }) => !taken.includes(`${name}@${version}`));
  if (data !== undefined && data.items.length === 0) {
    return <p className="muted">The library holds no LoRAs yet: pictures are drawn with the base model alone.</p>;
  }
  return (
    <SelectField
      label="Add a LoRA of the library"
      choices={[
        ["", "Choose …"],
        ...free.map(
          ({ name, version, family, triggerWords }) =>
            [
              `${name}@${version}`,
              `${name}@${version} · ${family}${triggerWords[0] === undefined ? "" : ` · “${triggerWords[0]}”`}`,
            ] as const,
        ),
      ]}
      value=""
      onChange={(lora) => {
        if (lora !== "") onAdd(lora);
      }}
    />
  );
}
