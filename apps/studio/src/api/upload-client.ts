import { type Client, createClient } from "@loramill/sdk";
import { useCallback } from "react";
import { useApiKey } from "./session.ts";

/** A client whose uploads tell how far they are, 0 to 1: browsers tell that of XMLHttpRequest and not of `fetch`. */
export function useUploadClient(): (onProgress: (share: number) => void) => Client {
  const apiKey = useApiKey();
  return useCallback(
    (onProgress) =>
      createClient({
        url: location.origin,
        fetch: fetchTelling(onProgress),
        ...(apiKey === null ? {} : { apiKey }),
      }),
    [apiKey],
  );
}

function fetchTelling(onProgress: (share: number) => void): typeof fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(init.method ?? "GET", String(input));
      for (const [name, value] of new Headers(init.headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
      request.onload = () => resolve(answerOf(request));
      request.onerror = () => reject(new TypeError("the connection was lost"));
      request.onabort = () => reject(init.signal?.reason);
      init.signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(init.body as XMLHttpRequestBodyInit | null);
    });
}

function answerOf(request: XMLHttpRequest): Response {
  const { status, statusText, responseText } = request;
  const type = request.getResponseHeader("content-type");
  return new Response(responseText, { status, statusText, headers: type === null ? {} : { "content-type": type } });
}
