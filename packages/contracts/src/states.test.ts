import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventOf, isFinal, type Machine, machines, nextState, type StateOf, statesAllowing } from "./states.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/states.md"), "utf8");
const names = Object.keys(machines) as Machine[];

type Row = `${string} ${string} ${string} ${string}`;
const rows: Row[] = names.flatMap((machine) =>
  Object.entries(machines[machine]).flatMap(([from, events]) =>
    Object.entries(events).map(([event, to]): Row => `${machine} ${from} ${event} ${to}`),
  ),
);

describe("states", () => {
  it("are those of the table in docs/states.md", () => {
    const [, table = ""] = page.split(/^\|\s*machine\s*\|\s*from\s*\|\s*event\s*\|\s*to\s*\|$/m);
    const written = [...table.matchAll(/^\|\s*([a-z]+)\s*\|\s*([a-z]+)\s*\|\s*([a-z]+)\s*\|\s*([a-z]+)\s*\|$/gm)];
    expect(written.map(([, machine, from, event, to]) => `${machine} ${from} ${event} ${to}`).sort()).toEqual(
      [...rows].sort(),
    );
  });

  it("are those of the diagrams in docs/states.md", () => {
    const diagrams = [...page.matchAll(/```mermaid\n(.*?)```/gs)].map(([, text = ""]) => text);
    const drawn = names.flatMap((machine, at) =>
      [...(diagrams[at] ?? "").matchAll(/^\s*([a-z]+) --> ([a-z]+): ([a-z]+)$/gm)].map(
        ([, from, to, event]) => `${machine} ${from} ${event} ${to}`,
      ),
    );
    expect(drawn.sort()).toEqual([...rows].sort());
    const ends = names.flatMap((machine, at) =>
      [...(diagrams[at] ?? "").matchAll(/^\s*([a-z]+) --> \[\*\]$/gm)].map(([, state]) => `${machine} ${state}`),
    );
    const final = names.flatMap((machine) =>
      Object.keys(machines[machine])
        .filter((state) => isFinal(machine, state as StateOf<typeof machine>))
        .map((state) => `${machine} ${state}`),
    );
    expect(ends.sort()).toEqual(final.sort());
  });

  it("lead by every event to a state of the same machine", () => {
    for (const row of rows) {
      const [machine, , , to] = row.split(" ") as [Machine, string, string, string];
      expect(Object.keys(machines[machine])).toContain(to);
    }
  });

  it("are left only by `resume` once they are final, and by something before", () => {
    for (const machine of names) {
      for (const [state, events] of Object.entries(machines[machine])) {
        if (isFinal(machine, state as StateOf<typeof machine>))
          expect(["", "resume"]).toContain(Object.keys(events).join());
        else expect(Object.keys(events)).not.toEqual([]);
      }
    }
  });

  it("can be cancelled until they are final", () => {
    expect(statesAllowing("run", "cancel")).toEqual(["planned", "running"]);
    expect(statesAllowing("step", "cancel")).toEqual(["blocked", "ready", "running"]);
    expect(statesAllowing("job", "cancel")).toEqual(["waiting", "released", "active", "parked"]);
  });

  it("do not follow events that a machine does not know, whatever their name", () => {
    for (const event of ["toString", "constructor", "__proto__", "fly"]) {
      expect(nextState("job", "active", event as EventOf<"job">)).toBeUndefined();
    }
  });

  it("agree in both directions: an event is allowed exactly in the states that list it", () => {
    const anyRow = fc.constantFrom(...rows);
    const anyEvent = fc.constantFrom(...new Set(rows.map((row) => row.split(" ")[2])));
    fc.assert(
      fc.property(anyRow, anyEvent, (row, event) => {
        const [machine, from] = row.split(" ") as ["job", StateOf<"job">];
        const allowed = statesAllowing(machine, event as EventOf<"job">).includes(from);
        expect(nextState(machine, from, event as EventOf<"job">) !== undefined).toBe(allowed);
      }),
    );
  });
});
