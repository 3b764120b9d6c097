import { z } from "zod";

/**
 * Part of a process's configuration: the environment variables it reads (each with `.describe()`) and how they become
 * nested options with units in their names. Packages export fragments; an app's `config.ts` composes them.
 */
export interface ConfigFragment<Shape extends z.ZodRawShape, Options> {
  readonly env: z.ZodObject<Shape>;
  readonly options: (env: z.output<z.ZodObject<Shape>>) => Options;
}

export function defineConfig<Shape extends z.ZodRawShape, Options>(
  shape: Shape,
  options: (env: z.output<z.ZodObject<Shape>>) => Options,
): ConfigFragment<Shape, Options> {
  return { env: z.object(shape), options };
}

/** Marks a variable whose value must not be shown, although its name does not say that it is a secret. */
export const secret = <T extends z.ZodType>(schema: T): T => schema.meta({ secret: true });

/** An HTTP endpoint: HTTPS required unless the host is loopback. */
export const EndpointUrl = z.url({ protocol: /^https?$/ }).refine((text) => {
  const url = URL.parse(text);
  // What is no URL at all has been refused by the check before, and both checks run.
  return url === null || url.protocol === "https:" || isLoopback(url.hostname);
}, "must be https:// unless the host is localhost or 127.0.0.1");

export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
