/** Of a record or a document, which are read whole into memory; a list of a million parts has 67 MB. */
export const MAX_RECORD_BYTES = 128 * 1024 * 1024;
