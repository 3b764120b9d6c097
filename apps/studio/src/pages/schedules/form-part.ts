import type { ScheduleForm } from "./schedule-form.ts";

/** What every part of the form is given. */
export interface FormPartProps {
  readonly form: ScheduleForm;
  readonly onChange: (part: Partial<ScheduleForm>) => void;
  /** What is wrong at the first of these fields that has a problem; null while none is told. */
  readonly errorAt: (...fields: readonly string[]) => string | null;
}
