import { Fragment, type ReactNode } from "react";

export type Fact = readonly [name: string, value: ReactNode, note?: ReactNode];

const isThere = ([, value]: Fact): boolean => value !== null && value !== undefined && value !== "";

/** Names and values, one below the other; what has no value is left out. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.filter(isThere).map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** The few numbers that matter most, side by side, each with a note below it. */
export function Stats({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="stats">
      {facts.filter(isThere).map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
