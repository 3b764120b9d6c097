/** What an endpoint may be asked by all workers together. Null is no limit. */
export interface EndpointLimits {
  readonly requestsPerMinute: number | null;
  /** Questions that are open at the same time. */
  readonly atOnce: number | null;
}

export interface PermitRequest {
  /** Who shares the limits: workers that name the same endpoint. */
  readonly endpoint: string;
  /** The process that asks; what it holds comes back some seconds after it was last heard of. */
  readonly holder: string;
  readonly limits: EndpointLimits;
  /** Its questions that are open now, those included that have a permit and have not started. */
  readonly open: number;
  /** Permits that it has a use for now; 0 only says that the holder is alive, and how many of its questions are open. */
  readonly wanted: number;
}

/** The first `granted` questions may start, one every `spacingMs`, the first of them in `startInMs`. */
export interface PermitGrant {
  readonly granted: number;
  readonly startInMs: number;
  readonly spacingMs: number;
  /** When it is worth asking for the others, in milliseconds from now; 0 when all were granted. */
  readonly askAgainInMs: number;
  /** For so long nobody asks the endpoint anything, because it asked to wait; 0 for no such wait. */
  readonly heldForMs: number;
}

/** Holds every worker of an installation to the limits of the endpoints that they share. */
export interface RateLimiter {
  take(request: PermitRequest): Promise<PermitGrant>;
  /** The endpoint asked one worker to wait: none gets a permit for so long. */
  hold(request: { readonly endpoint: string; readonly forMs: number }): Promise<void>;
}
