import type { RunEvent, StepView } from "@loramill/contracts";
import { EventsView } from "../runs/events-view.tsx";

/** What was told of a training: its checkpoints, waits, losses of machines and what was changed after them. */
export function TrainingEvents({ step, events }: { readonly step: StepView; readonly events: readonly RunEvent[] }) {
  return <EventsView events={events.filter((event) => event.step === step.name)} steps={[step]} />;
}
