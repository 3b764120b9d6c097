import { type ObjectStore, UserError } from "@loramill/contracts";
import { classifyAddress } from "@loramill/url-guard";

/** Names that mean something in one network only. */
const LOCAL_NAMES = /(^|\.)(localhost|local|lan|internal|svc|home\.arpa|test)$|^[^.]+$|\.cluster\.local$/i;

/**
 * Looks, before any machine is paid for, whether what is signed for it leads to a place that it can reach. A provider that is in
 * this network itself is left to find out.
 * @throws UserError `store-not-reachable` with what to set.
 */
export async function checkStore(objects: Pick<ObjectStore, "presign">, providerUrl: string): Promise<void> {
  if (!isPublic(new URL(providerUrl).hostname)) return;
  const signed = await objects.presign("reachable", { method: "GET", expiresSeconds: 60 });
  if (signed === null) throw notReachable("its files have no addresses: use STORAGE_URL=s3://…, or set PUBLIC_URL");
  const { hostname } = new URL(signed);
  if (isPublic(hostname)) return;
  throw notReachable(
    `${hostname} means nothing there: set S3_PUBLIC_ENDPOINT, or PUBLIC_URL for a folder, to where it is from outside`,
  );
}

const notReachable = (why: string): UserError =>
  new UserError(`rented machines cannot reach the object store: ${why}`, { code: "store-not-reachable" });

function isPublic(hostname: string): boolean {
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return isAddress ? classifyAddress(hostname) === "public" : !LOCAL_NAMES.test(hostname);
}
