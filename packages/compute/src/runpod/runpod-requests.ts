/** What is sent, as the vendor's OpenAPI has it. The tests hold every request against that document. */
export interface CreatePod {
  readonly name: string;
  readonly image: string;
  readonly gpu: { readonly id: string; readonly count: number };
  readonly cloud: string;
  readonly dataCenterIds?: readonly string[];
  /** In GB. */
  readonly disk: number;
  readonly mounts?: { readonly network: readonly { readonly volumeId: string; readonly path: string }[] };
  readonly env?: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly args?: string;
  /** Id of the credentials for the image's registry. */
  readonly registry?: string;
}

/** What is left out stays. `env` replaces all that was there; it counts from the next start on. */
export interface ChangePod {
  readonly name?: string;
  readonly image?: string;
  readonly args?: string;
  readonly disk?: number;
  readonly ports?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly registry?: string | null;
  /** A locked pod can neither be stopped nor reset. */
  readonly locked?: boolean;
}

export interface CreateRegistry {
  readonly name: string;
  readonly username: string;
  readonly password: string;
}

/** Hours that are begun count. */
export interface Between {
  readonly from: Date;
  readonly to: Date;
}

export interface CreateTemplate {
  readonly name: string;
  readonly image: string;
  readonly disk?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly args?: string;
  readonly serverless?: boolean;
}

export interface EndpointScale {
  readonly min: number;
  readonly max: number;
  /** Seconds after which a worker without work ends, 1 to 3600. */
  readonly idleTimeout?: number;
}

export interface CreateEndpoint {
  readonly name: string;
  readonly image?: string;
  readonly templateId?: string;
  readonly type: "QUEUE" | "LOAD_BALANCER";
  readonly gpu: { readonly pools: readonly string[]; readonly count?: number };
  readonly scaling:
    | { readonly type: "QUEUE_DELAY"; readonly queueDelay: number }
    | { readonly type: "REQUEST_COUNT"; readonly requestCount: number };
  readonly workers?: EndpointScale;
  readonly dataCenterIds?: readonly string[];
  readonly networkVolumes?: readonly string[];
  /** Milliseconds that a request may take. */
  readonly timeout?: number;
  readonly flashboot?: "OFF" | "FLASHBOOT" | "PRIORITY_FLASHBOOT";
  readonly env?: Readonly<Record<string, string>>;
}
