import type { Metadata } from "../safetensors/encode-header.ts";
import { type ByteStream, streamSafetensors } from "../safetensors/write-safetensors.ts";
import type { TorchFile } from "./read-torch-file.ts";

/** The tensors of a PyTorch file as a safetensors file, one tensor in memory at a time. */
export function torchToSafetensors(file: TorchFile, metadata: Metadata = {}): ByteStream {
  const tensors = [...file.tensors.values()].map(({ name, dtype, shape, read }) => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield await read();
    }
    return { name, dtype, shape, body };
  });
  return streamSafetensors(tensors, metadata);
}
