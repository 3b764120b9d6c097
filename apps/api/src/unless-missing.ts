import { PermanentError } from "@loramill/contracts";

/** What is stored, or null where it is not: a plan that was made elsewhere names documents that may not be here. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof PermanentError && error.code === "object-missing") return null;
    throw error;
  }
}
