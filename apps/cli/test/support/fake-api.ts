import { afterEach, beforeEach } from "vitest";

export interface FakeApi {
  readonly env: Readonly<Record<string, string>>;
  /** Requests by method, path and query, oldest first. */
  readonly asked: string[];
  /** Answers by method and path; a problem by its status and code. What has no answer is a 404. */
  answers: Record<string, unknown>;
}

/** An API whose answers a test gives, in place of `fetch`: for what commands make of answers. */
export function fakeApi(): FakeApi {
  const api: FakeApi = { env: { LORAMILL_URL: "https://mill.test" }, asked: [], answers: {} };
  const { fetch } = globalThis;
  beforeEach(() => {
    api.asked.length = 0;
    api.answers = {};
    globalThis.fetch = async (input, init) => {
      const { pathname, search } = new URL(String(input));
      const call = `${init?.method ?? "GET"} ${pathname}`;
      api.asked.push(`${call}${search}`);
      if (Object.hasOwn(api.answers, call)) return Response.json(api.answers[call]);
      const detail = `there is no ${pathname}`;
      return Response.json({ type: "t", title: "Not found", status: 404, detail, code: "not-found" }, { status: 404 });
    };
  });
  afterEach(() => {
    globalThis.fetch = fetch;
  });
  return api;
}
