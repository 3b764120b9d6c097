import { useState } from "react";
import { TextField } from "../../ui/field.tsx";
import type { FormPartProps } from "./form-part.ts";
import { LengthField } from "./length-field.tsx";
import { readersZone } from "./moments.ts";
import styles from "./schedule-form.module.css";

const FIELDS = [
  "catchUpMinutes",
  "deadlineMinutes",
  "jitterSeconds",
  "pauseAfterFailures",
  "startsAt",
  "endsAt",
  "runName",
];

/** What most schedules leave as it is: closed, unless something in it is wrong. */
export function OtherFields({ form, onChange, errorAt }: FormPartProps) {
  const [isOpen, setOpen] = useState(false);
  const zone = `In your time zone, ${readersZone()}.`;
  return (
    <details
      className={`card ${styles.more}`}
      open={isOpen || errorAt(...FIELDS) !== null}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>Late fires, deadline, bounds and names</summary>
      <div className={`card-body ${styles.pairs}`}>
        <LengthField
          label="Catch up"
          value={form.catchUp}
          placeholder="1 hour"
          onChange={(catchUp) => onChange({ catchUp })}
          hint="How late a fire may still begin that nobody could make in time; later ones are missed."
          error={errorAt("catchUpMinutes")}
        />
        <LengthField
          label="Deadline of each run"
          value={form.deadline}
          placeholder="none"
          onChange={(deadline) => onChange({ deadline })}
          hint="Counted from the time of its fire."
          error={errorAt("deadlineMinutes")}
        />
        <LengthField
          label="Jitter"
          units={["s", "min", "h"]}
          value={form.jitter}
          placeholder="none"
          onChange={(jitter) => onChange({ jitter })}
          hint="Each fire begins up to so much later, so that not all schedules begin at once."
          error={errorAt("jitterSeconds")}
        />
        <TextField
          label="Pause itself after failures in a row"
          type="number"
          min={1}
          step={1}
          placeholder="never"
          value={form.pauseAfter}
          onChange={(pauseAfter) => onChange({ pauseAfter })}
          hint="Fires whose run could not be planned. Left empty, it goes on."
          error={errorAt("pauseAfterFailures")}
        />
        <TextField
          label="No fire before"
          type="datetime-local"
          value={form.startsAt}
          onChange={(startsAt) => onChange({ startsAt })}
          hint={zone}
          error={errorAt("startsAt")}
        />
        <TextField
          label="No fire from then on"
          type="datetime-local"
          value={form.endsAt}
          onChange={(endsAt) => onChange({ endsAt })}
          hint={zone}
          error={errorAt("endsAt")}
        />
        <TextField
          label="Name of each run"
          value={form.runName}
          spellCheck={false}
          onChange={(runName) => onChange({ runName })}
          hint="{name} is that of the spec, {schedule} that of the schedule, {date} and {time} those of the fire."
          error={errorAt("runName")}
        />
      </div>
    </details>
  );
}
