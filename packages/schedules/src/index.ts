export {
  comeDue,
  type DueFire,
  type FireTime,
  nextTime,
  type ScheduleTimes,
  stretchOf,
  tooLate,
} from "./come-due.ts";
export { decideFires, type FireDecisions, type OpenFire, type WaitingFire } from "./decide-fires.ts";
export { listFires } from "./fire-times.ts";
export { type RunTemplate, runOfFire } from "./run-of-fire.ts";
