import { QueryClientProvider } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense, useMemo } from "react";
import { Redirect, Route, Switch } from "wouter";
import { ClientProvider } from "./api/client.tsx";
import { createQueryClient } from "./api/query-client.ts";
import { signOut } from "./api/session.ts";
import type { PageProps } from "./pages/page-props.ts";
import { pages } from "./pages.ts";
import { ErrorBoundary } from "./shell/error-boundary.tsx";
import { Shell } from "./shell/shell.tsx";
import { SignInGate } from "./shell/sign-in.tsx";
import { ConfirmProvider } from "./ui/confirm.tsx";
import { Empty } from "./ui/empty.tsx";
import { Page } from "./ui/page.tsx";
import { SkeletonLines } from "./ui/skeleton.tsx";
import { Toasts, toast } from "./ui/toasts.tsx";

const routes = pages.map(({ path, load }) => ({
  path,
  Component: lazy(async () => ({ default: await load() })),
}));

export function App() {
  const queries = useMemo(() => createQueryClient({ failure: toast.problem, signedOut: signOut }), []);
  return (
    <QueryClientProvider client={queries}>
      <ClientProvider>
        <ConfirmProvider>
          <SignInGate>
            <Shell>
              <Switch>
                <Route path="/">
                  <Redirect to="/runs" replace />
                </Route>
                {routes.map(({ path, Component }) => (
                  <Route key={path} path={path}>
                    {(params) => <PageOf Component={Component} params={params} />}
                  </Route>
                ))}
                <Route>
                  <NoSuchPage />
                </Route>
              </Switch>
            </Shell>
          </SignInGate>
          <Toasts />
        </ConfirmProvider>
      </ClientProvider>
    </QueryClientProvider>
  );
}

/** Another address of the same page is another page: nothing of the last one stays, not even its failure. */
function PageOf({ Component, params }: { readonly Component: ComponentType<PageProps>; readonly params: object }) {
  const named = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
  const loading = (
    <div className="page">
      <SkeletonLines lines={10} />
    </div>
  );
  return (
    <ErrorBoundary key={JSON.stringify(named)}>
      <Suspense fallback={loading}>
        <Component params={named} />
      </Suspense>
    </ErrorBoundary>
  );
}

function NoSuchPage() {
  return (
    <Page title="No such page">
      <Empty icon="search" title="There is nothing at this address">
        The page may belong to a newer Studio, or the link was cut off. The sidebar leads to all pages.
      </Empty>
    </Page>
  );
}
