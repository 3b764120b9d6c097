import { ApiError } from "@loramill/sdk";
import { store, useStored } from "../lib/use-stored.ts";
import { isSignedOut } from "./problem.ts";

/** The API key of this tab; it leaves the browser as a header alone, and is forgotten with the tab. */
const KEY = "loramill-api-key";
/** Why the sign-in page is shown, in words; not there as long as the API takes what we send. */
const REFUSAL = "loramill-refusal";

export const useApiKey = (): string | null => useStored(sessionStorage, KEY);

/** What the API said when it refused us last; null while it does not. */
export const useRefusal = (): string | null => useStored(sessionStorage, REFUSAL);

export function signIn(key: string): void {
  store(sessionStorage, REFUSAL, null);
  store(sessionStorage, KEY, key);
}

/** Forgets the key; with the error for which, where the API refused it. */
export function signOut(error: unknown): void {
  store(sessionStorage, KEY, null);
  store(sessionStorage, REFUSAL, error instanceof ApiError && isSignedOut(error) ? error.problem.detail : "signed out");
}
