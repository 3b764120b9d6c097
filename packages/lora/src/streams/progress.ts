/** How far a tool is, told after every module. */
export interface ToolProgress {
  readonly done: number;
  readonly total: number;
  readonly module: string;
}

export interface ToolRun {
  /** Modules that are read or computed at once, beside the one that is waited for; 1 when absent. */
  readonly ahead?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ToolProgress) => void;
}
