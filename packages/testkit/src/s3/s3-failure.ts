import { element, xmlDocument } from "./xml.ts";

/** An answer of S3 that is not success, thrown by operations. Status and words are Amazon's. */
export class S3Failure extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "S3Failure";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const failures = {
  invalidArgument: (message: string) => new S3Failure(400, "InvalidArgument", message),
  invalidRequest: (message: string) => new S3Failure(400, "InvalidRequest", message),
  malformedXml: () =>
    new S3Failure(
      400,
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our schema",
    ),
  accessDenied: (message = "Access Denied") => new S3Failure(403, "AccessDenied", message),
  noSuchBucket: () => new S3Failure(404, "NoSuchBucket", "The specified bucket does not exist"),
  noSuchKey: () => new S3Failure(404, "NoSuchKey", "The specified key does not exist."),
  noSuchUpload: () =>
    new S3Failure(
      404,
      "NoSuchUpload",
      "The specified multipart upload does not exist. It may have been aborted or completed.",
    ),
  preconditionFailed: () =>
    new S3Failure(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
  notImplemented: (what: string) =>
    new S3Failure(
      501,
      "NotImplemented",
      `A header you provided implies functionality that is not implemented: ${what}`,
    ),
  badDigest: (what: string) =>
    new S3Failure(400, "BadDigest", `The ${what} you specified did not match the calculated checksum.`),
  incompleteBody: () => new S3Failure(400, "IncompleteBody", "The request body terminated unexpectedly"),
} as const;

export function failureXml(failure: S3Failure, resource: string, requestId: string): string {
  return xmlDocument(
    element("Error", [
      element("Code", failure.code),
      element("Message", failure.message),
      element("Resource", resource),
      element("RequestId", requestId),
      element("HostId", requestId),
    ]),
  );
}
