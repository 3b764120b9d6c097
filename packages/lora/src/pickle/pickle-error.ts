import { UserError } from "@loramill/contracts";

/** UserError `unsafe-pickle`: the file would run code where it is loaded the usual way. `at` is a byte of the pickle. */
export function unsafePickle(what: string, at: number): UserError {
  return new UserError(
    `This pickle asks for ${what} (at byte ${at}), which could run code when it is loaded. It was not read; ask its author for a safetensors file.`,
    { code: "unsafe-pickle", details: { what, at } },
  );
}

/** UserError `bad-torch-file`: the container or its pickle is damaged, or holds something other than named tensors. */
export function badTorchFile(message: string): UserError {
  return new UserError(`Not a sound PyTorch file: ${message}.`, { code: "bad-torch-file" });
}
