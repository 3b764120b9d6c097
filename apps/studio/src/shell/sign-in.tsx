import { createClient } from "@loramill/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useClient } from "../api/client.tsx";
import { isSignedOut, tellProblem } from "../api/problem.ts";
import { signIn, useRefusal } from "../api/session.ts";
import logo from "../icon.svg";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

/** The Studio, or, where the API wants a key and has none that it takes, the page that asks for one. */
export function SignInGate({ children }: { readonly children: ReactNode }) {
  const client = useClient();
  const refusal = useRefusal();
  const { isPending, error } = useQuery({
    queryKey: ["access", client],
    queryFn: ({ signal }) => client.listRuns({ limit: 1, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (refusal !== null || (error && isSignedOut(error))) return <SignIn refusal={refusal} />;
  if (isPending)
    return (
      <div className="page">
        <SkeletonLines lines={6} />
      </div>
    );
  return children;
}

function SignIn({ refusal }: { readonly refusal: string | null }) {
  const queries = useQueryClient();
  const [key, setKey] = useState("");
  const attempt = useMutation({
    // Tried before it is kept: a key that the API does not take is told of here, and never stored.
    mutationFn: (apiKey: string) => createClient({ url: location.origin, apiKey }).listRuns({ limit: 1 }),
    onSuccess: () => {
      queries.clear();
      signIn(key.trim());
    },
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate(key.trim());
  };
  const wasSignedIn = refusal !== null && !refusal.includes("required") && refusal !== "signed out";
  return (
    <main className="sign-in">
      <form className="card sign-in-card" onSubmit={submit}>
        <img src={logo} alt="" width={40} height={40} />
        <h1>Sign in to Loramill</h1>
        <p className="muted">
          This mill asks for an API key. The operator makes one with <code>POST /v1/keys</code> and its scopes: read to
          look, write to start and change, admin for everything of a project.
        </p>
        {wasSignedIn && !attempt.error && <p role="status">You were signed out: {refusal}.</p>}
        <TextField
          label="API key"
          type="password"
          autoComplete="off"
          autoFocus
          required
          value={key}
          onChange={setKey}
          error={attempt.error ? tellProblem(attempt.error).detail : null}
          hint="Kept in this tab until it is closed, and sent to this server alone."
        />
        <Button kind="primary" type="submit" icon="key" busy={attempt.isPending} disabled={key.trim() === ""}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
