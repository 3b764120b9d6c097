/** The little of transformers.js that is used; it is loaded by path, so that nothing of it need be installed. */
export interface Library {
  readonly env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    cacheDir: string | null;
  };
  readonly RawImage: new (data: Uint8Array, width: number, height: number, channels: 3) => Picture;
  readonly AutoConfig: { from_pretrained(model: string): Promise<{ readonly model_type: string }> };
  readonly AutoProcessor: { from_pretrained(model: string): Promise<FlorenceProcessor> };
  readonly Florence2ForConditionalGeneration: {
    from_pretrained(model: string, options: OpenOptions): Promise<FlorenceModel>;
  };
  pipeline(task: "image-to-text", model: string, options: OpenOptions): Promise<ImageToText>;
}

export interface OpenOptions {
  readonly dtype: string;
  readonly device: string;
}

/** Pixels, in the library's own wrapping. */
interface Picture {
  readonly width: number;
  readonly height: number;
}

/** Tensors by their names, which nobody here looks into. */
type Tensors = Readonly<Record<string, unknown>>;

interface FlorenceProcessor {
  /** Makes the question from the task by itself. */
  (picture: Picture, task: string): Promise<Tensors>;
  batch_decode(ids: unknown, options: { skip_special_tokens: boolean }): string[];
  post_process_generation(
    text: string,
    task: string,
    size: readonly [number, number],
  ): Readonly<Record<string, unknown>>;
}

interface FlorenceModel {
  generate(options: Tensors): Promise<unknown>;
  dispose(): Promise<unknown>;
}

interface ImageToText {
  (
    picture: Picture,
    options: { readonly max_new_tokens: number },
  ): Promise<readonly { readonly generated_text: string }[]>;
  dispose(): Promise<unknown>;
}
