import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { PermanentError } from "@loramill/contracts";
import { errorCode } from "./errors.ts";

const SECRET_BYTES = 32;

/** The secret that signs URLs of a file store; made once, also when several processes start at the same time. */
export async function loadSigningSecret(path: string): Promise<Buffer> {
  return (await readSecret(path)) ?? (await makeSecret(path));
}

async function readSecret(path: string): Promise<Buffer | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
  const secret = Buffer.from(text, "hex");
  if (secret.byteLength === SECRET_BYTES) return secret;
  throw new PermanentError(`${path} does not hold a signing secret: delete it to have a new one made`, {
    code: "bad-signing-secret",
  });
}

/** `link` fails when the name exists, so the first of several processes wins and all read the same bytes. */
async function makeSecret(path: string): Promise<Buffer> {
  await mkdir(dirname(path), { recursive: true });
  const mine = `${path}.${randomUUID()}`;
  await writeFile(mine, randomBytes(SECRET_BYTES).toString("hex"), { mode: 0o600, flag: "wx" });
  try {
    await link(mine, path);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  } finally {
    await rm(mine, { force: true });
  }
  const secret = await readSecret(path);
  if (secret === null) throw new PermanentError(`${path} vanished while it was made`, { code: "bad-signing-secret" });
  return secret;
}
