export interface FormParts {
  readonly fields: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, { readonly filename: string; readonly bytes: Buffer }>;
}

/** Reads a `multipart/form-data` body that is in memory. */
export function readForm(body: Buffer, contentType: string): FormParts {
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1];
  const fields = new Map<string, string>();
  const files = new Map<string, { filename: string; bytes: Buffer }>();
  if (boundary === undefined) return { fields, files };
  const mark = Buffer.from(`--${boundary}`);
  let at = body.indexOf(mark);
  while (at >= 0) {
    const next = body.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = body.subarray(at + mark.length + 2, next - 2);
    const split = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, split).toString("utf8");
    const bytes = part.subarray(split + 4);
    const name = /\bname="([^"]*)"/.exec(head)?.[1] ?? "";
    const filename = /\bfilename="([^"]*)"/.exec(head)?.[1];
    if (filename === undefined) fields.set(name, bytes.toString("utf8"));
    else files.set(name, { filename, bytes: Buffer.from(bytes) });
    at = next;
  }
  return { fields, files };
}
