import { useId } from "react";
import { Button } from "../../ui/button.tsx";
import { Segmented, TextField } from "../../ui/field.tsx";
import type { FormPartProps } from "./form-part.ts";
import { LengthField } from "./length-field.tsx";
import { readersZone, timeZones } from "./moments.ts";
import styles from "./schedule-form.module.css";
import type { ScheduleForm } from "./schedule-form.ts";
import { TimingPreview } from "./timing-preview.tsx";
import { useNextTimes } from "./use-next-times.ts";

const USUAL: readonly (readonly [name: string, expression: string])[] = [
  ["Hourly", "0 * * * *"],
  ["Nightly", "0 2 * * *"],
  ["Weekdays", "0 2 * * MON-FRI"],
  ["Weekly", "0 2 * * MON"],
  ["Monthly", "0 2 1 * *"],
];

/** When a schedule fires, beside what that comes to. */
export function TimingFields({ form, onChange, errorAt }: FormPartProps) {
  const next = useNextTimes(form);
  // What the API says of a timing is told while it is typed, and not only once the form is sent.
  const told: FormPartProps["errorAt"] = (...fields) =>
    next.problems.find(({ field }) => fields.includes(field))?.message ?? errorAt(...fields);
  return (
    <div className="stack">
      <div className="spread">
        <Segmented
          label="Fires"
          choices={[
            ["cron", "By the calendar"],
            ["every", "Every so often"],
            ["once", "Once"],
          ]}
          value={form.way}
          onChange={(way) => onChange({ way: way as ScheduleForm["way"] })}
        />
        {form.way === "cron" && <UsualTimes {...{ form, onChange }} />}
      </div>
      <div className={styles.timing}>
        <div className="stack">
          {form.way === "cron" && <CronFields {...{ form, onChange }} errorAt={told} />}
          {form.way === "every" && <EveryFields {...{ form, onChange }} errorAt={told} />}
          {form.way === "once" && (
            <TextField
              label="At"
              type="datetime-local"
              value={form.at}
              onChange={(at) => onChange({ at })}
              hint={`In your time zone, ${readersZone()}.`}
              error={told("timing.at", "timing")}
            />
          )}
        </div>
        <div className={styles.preview}>
          <TimingPreview form={form} next={next} />
        </div>
      </div>
    </div>
  );
}

function UsualTimes({ form, onChange }: Pick<FormPartProps, "form" | "onChange">) {
  return (
    <fieldset className={styles.usual} aria-label="Usual times">
      {USUAL.map(([name, expression]) => (
        <Button key={name} small aria-pressed={form.expression === expression} onClick={() => onChange({ expression })}>
          {name}
        </Button>
      ))}
    </fieldset>
  );
}

function CronFields({ form, onChange, errorAt }: FormPartProps) {
  const zones = useId();
  return (
    <>
      <TextField
        label="Cron expression"
        value={form.expression}
        spellCheck={false}
        autoComplete="off"
        onChange={(expression) => onChange({ expression })}
        hint="Minute, hour, day of the month, month, day of the week; L is the last day, MON#1 the first Monday."
        error={errorAt("timing.expression", "timing")}
      />
      <TextField
        label="Time zone"
        list={zones}
        value={form.timeZone}
        spellCheck={false}
        autoComplete="off"
        onChange={(timeZone) => onChange({ timeZone })}
        hint="Where clocks are put forward or back, one time a day still fires once that day."
        error={errorAt("timing.timeZone")}
      />
      <datalist id={zones}>
        {timeZones().map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

function EveryFields({ form, onChange, errorAt }: FormPartProps) {
  return (
    <>
      <LengthField
        label="Every"
        value={form.every}
        onChange={(every) => onChange({ every })}
        hint="Counted from 1970 in UTC, so that 6 hours are 00:00, 06:00, 12:00 and 18:00 UTC."
        error={errorAt("timing.minutes", "timing")}
      />
      <LengthField
        label="Later by"
        value={form.offset}
        placeholder="0"
        onChange={(offset) => onChange({ offset })}
        error={errorAt("timing.offsetMinutes")}
      />
    </>
  );
}
