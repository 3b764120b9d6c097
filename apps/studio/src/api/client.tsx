import { type Client, createClient } from "@loramill/sdk";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useApiKey } from "./session.ts";

const ClientContext = createContext<Client | null>(null);

/** A client of the API that served this page. Everything that the Studio asks goes through it. */
export function ClientProvider({ children }: { readonly children: ReactNode }) {
  const apiKey = useApiKey();
  const client = useMemo(
    () => createClient({ url: location.origin, ...(apiKey === null ? {} : { apiKey }) }),
    [apiKey],
  );
  return <ClientContext value={client}>{children}</ClientContext>;
}

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("useClient is for components below ClientProvider");
  return client;
}
