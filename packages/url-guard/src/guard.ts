import { isIP, type LookupFunction } from "node:net";
import { UserError } from "@loramill/contracts";
import { classifyAddress } from "./address.ts";

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export interface GuardRules {
  /** Also addresses of private networks and of this machine; metadata services of clouds stay forbidden. */
  readonly allowPrivateNetwork: boolean;
  readonly allowHttp: boolean;
  /** First part of the variables that loosen these rules: `SOURCE` for SOURCE_ALLOW_HTTP and SOURCE_ALLOW_PRIVATE_NETWORK. */
  readonly variables: "SOURCE" | "WEBHOOK";
}

/** Refuses a URL by what it says itself; names are judged when they are resolved. UserError `url-refused`. */
export function checkUrl(url: URL, rules: GuardRules): void {
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refused(`only https:// is asked, not ${url.protocol}//`);
  }
  if (url.protocol === "http:" && !rules.allowHttp) {
    throw refused(`plain http:// is not asked; use https://, or set ${rules.variables}_ALLOW_HTTP=true`);
  }
  if (url.username !== "" || url.password !== "") throw refused("a URL may not hold a user name or password");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0) checkAddress(host, host, rules);
}

/** UserError `url-refused` for an address that may not be connected to. */
export function checkAddress(address: string, host: string, rules: GuardRules): void {
  const kind = classifyAddress(address);
  if (kind === "public" || (kind === "private" && rules.allowPrivateNetwork)) return;
  const where = host === address ? address : `${host} (${address})`;
  const hint = kind === "private" ? `; if this is meant, set ${rules.variables}_ALLOW_PRIVATE_NETWORK=true` : "";
  const what = kind === "unusable" ? "is no address of a public server" : `is in a ${kind} network`;
  throw refused(`${where} ${what}${hint}`);
}

/**
 * A lookup for sockets that judges every address of a name and hands on exactly what it judged: the name is resolved
 * once per connection, and a server that answers another address the second time is never asked again.
 */
export function createGuardedLookup(resolve: Resolve, rules: GuardRules): LookupFunction {
  return (hostname, options, callback) => {
    const judged = resolve(hostname).then((addresses) => {
      for (const { address } of addresses) checkAddress(address, hostname, rules);
      const [first] = addresses;
      if (first === undefined) throw refused(`${hostname} has no address`);
      return { addresses, first };
    });
    judged.then(
      ({ addresses, first }) => {
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, "", 0),
    );
  };
}

function refused(message: string): UserError {
  return new UserError(message, { code: "url-refused" });
}
