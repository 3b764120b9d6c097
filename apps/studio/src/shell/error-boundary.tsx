import { Component, type ReactNode } from "react";
import { ProblemNotice } from "../ui/problem-notice.tsx";

/** A page that fails takes nothing else with it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <main className="page">
        <ProblemNotice error={this.state.error} />
      </main>
    );
  }
}
