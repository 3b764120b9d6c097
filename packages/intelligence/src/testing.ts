export { type Attack, heldOut, simulateTaste, type TasteOutcome } from "../test/simulate-taste.ts";
