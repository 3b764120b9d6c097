import { randomUUID } from "node:crypto";
import type { ModelPull } from "@loramill/contracts";
import type { Connection } from "../connection.ts";

/** A pull whose process has not said anything for so long is over: it says so every few seconds. */
const GONE_AFTER_SECONDS = 30;
const GONE = "the process that pulled it has gone; pull again to go on from what is there";

/** How pulls of base models go, for every process to tell. That only one pulls a model at a time is for a lock to see to. */
export function modelPullQueries({ pool }: Connection) {
  return {
    /** Writes down that a pull has begun, over what was told of earlier ones; the answer names it. */
    async begin(model: string, pull: ModelPull): Promise<string> {
      const holder = randomUUID();
      await pool.query(
        `insert into loramill.model_pulls (model, holder, state, path, done, total, error)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (model) do update set holder = $2, state = $3, path = $4, done = $5, total = $6, error = $7, seen_at = now()`,
        [model, holder, pull.state, pull.path, pull.done, pull.total, pull.error],
      );
      return holder;
    },

    /** Writes down how it goes, unless another one has begun meanwhile or the model was forgotten. */
    async tell(model: string, holder: string, pull: ModelPull): Promise<void> {
      await pool.query(
        `update loramill.model_pulls set state = $3, path = $4, done = $5, total = $6, error = $7, seen_at = now()
         where model = $1 and holder = $2`,
        [model, holder, pull.state, pull.path, pull.done, pull.total, pull.error],
      );
    },

    /** The last pull of a model, by whatever process; null before any. */
    async find(model: string): Promise<ModelPull | null> {
      const { rows } = await pool.query<
        Omit<ModelPull, "done" | "total"> & { done: string; total: string | null; gone: boolean }
      >(
        `select state, path, done, total, error,
           state = 'running' and seen_at < now() - make_interval(secs => $2) as gone
         from loramill.model_pulls where model = $1`,
        [model, GONE_AFTER_SECONDS],
      );
      const [row] = rows;
      if (row === undefined) return null;
      const { gone, done, total, ...rest } = row;
      const pull = { ...rest, done: Number(done), total: total === null ? null : Number(total) };
      return gone ? { ...pull, state: "failed", error: GONE } : pull;
    },
  };
}
