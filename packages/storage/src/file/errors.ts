import { PermanentError, TransientError, UserError } from "@loramill/contracts";

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Errors of the file system, named by who must act. Errors of ours pass through; unknown ones stay what they are. */
export function mapFileError(error: unknown, key: string, id: string): unknown {
  const options = (code: string) => ({ code, cause: error, details: { key } });
  switch (errorCode(error)) {
    case "ENOTDIR":
    case "EISDIR":
    case "EEXIST":
    case "ENOTEMPTY":
      return new UserError(`the key ${key} is also the beginning of other keys; a folder of files cannot hold both`, {
        ...options("key-conflict"),
      });
    case "ENAMETOOLONG":
      return new UserError(`the key ${key} is too long for the file system of ${id}`, options("unsafe-key"));
    case "ENOSPC":
    case "EDQUOT":
      return new PermanentError(`no space is left for ${id}: free some, then resume the run`, options("storage-full"));
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new PermanentError(
        `${id} may not be written or read by this user: check the owner and mode of the folder`,
        options("storage-denied"),
      );
    case "EMFILE":
    case "ENFILE":
    case "EBUSY":
    case "EAGAIN":
      return new TransientError(`${id} is out of file handles or busy`, options("storage-busy"));
    case "EIO":
      return new PermanentError(`the disk of ${id} reports a failure (EIO): check it`, options("storage-broken"));
    default:
      return error;
  }
}
