export { classifyAddress } from "./address.ts";
export { checkUrl, createGuardedLookup, type GuardRules, type Resolve } from "./guard.ts";
