export interface InspectOptions {
  readonly metadata?: boolean;
  readonly keys?: boolean;
  readonly hashes?: boolean;
  /** A larger file is worth a warning, in MB. */
  readonly sizeLimit?: number;
  /** Of LoRAs of the library. */
  readonly project?: string;
}
