import { expect, it } from "vitest";
import { decodeAwsChunked } from "./aws-chunked.ts";
import { S3Failure } from "./s3-failure.ts";
import type { S3Request } from "./s3-request.ts";
import { sha256Hex, verifySignature } from "./signature.ts";

// The examples of Amazon's documentation of Signature Version 4 for S3.
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SCOPE = "20130524/us-east-1/s3/aws4_request";
const at = (minutes = 0) => ({
  credentials,
  region: "us-east-1",
  now: new Date(Date.UTC(2013, 4, 24, 0, minutes)),
});

function request(
  method: string,
  path: string,
  headers: Record<string, string>,
  query: [string, string][] = [],
): S3Request {
  return { method, path, rawPath: path, bucket: "examplebucket", key: path.slice(1), headers, query: new Map(query) };
}

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${SCOPE},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

const getExample = (change: Record<string, string> = {}) =>
  request("GET", "/test.txt", {
    host: "examplebucket.s3.amazonaws.com",
    range: "bytes=0-9",
    "x-amz-content-sha256": EMPTY,
    "x-amz-date": "20130524T000000Z",
    authorization: authorization(
      "host;range;x-amz-content-sha256;x-amz-date",
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    ...change,
  });

const signedUrl = (change: Record<string, string> = {}) =>
  request(
    "GET",
    "/test.txt",
    { host: "examplebucket.s3.amazonaws.com" },
    Object.entries({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `${credentials.accessKeyId}/${SCOPE}`,
      "X-Amz-Date": "20130524T000000Z",
      "X-Amz-Expires": "86400",
      "X-Amz-SignedHeaders": "host",
      "X-Amz-Signature": "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
      ...change,
    }),
  );

function codeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    return error instanceof S3Failure ? error.code : String(error);
  }
}

it("accepts Amazon's examples of signed requests", () => {
  expect(codeOf(() => verifySignature(getExample(), at()))).toBe("accepted");
  const put = request("PUT", "/test$file.text", {
    host: "examplebucket.s3.amazonaws.com",
    date: "Fri, 24 May 2013 00:00:00 GMT",
    "x-amz-date": "20130524T000000Z",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    authorization: authorization(
      "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
  });
  expect(codeOf(() => verifySignature(put, at()))).toBe("accepted");
});

it("accepts Amazon's example of a signed URL until it expires", () => {
  expect(codeOf(() => verifySignature(signedUrl(), at()))).toBe("accepted");
  expect(codeOf(() => verifySignature(signedUrl(), at(24 * 60)))).toBe("accepted");
  expect(codeOf(() => verifySignature(signedUrl(), at(24 * 60 + 1)))).toBe("AccessDenied");
  expect(codeOf(() => verifySignature(signedUrl(), at(-16)))).toBe("AccessDenied");
});

it("refuses whatever was changed after signing", () => {
  expect(codeOf(() => verifySignature({ ...getExample(), method: "PUT" }, at()))).toBe("SignatureDoesNotMatch");
  expect(codeOf(() => verifySignature({ ...getExample(), path: "/test2.txt" }, at()))).toBe("SignatureDoesNotMatch");
  expect(codeOf(() => verifySignature(getExample({ range: "bytes=0-99" }), at()))).toBe("SignatureDoesNotMatch");
  expect(codeOf(() => verifySignature({ ...getExample(), query: new Map([["a", "b"]]) }, at()))).toBe(
    "SignatureDoesNotMatch",
  );
  expect(codeOf(() => verifySignature(signedUrl({ "X-Amz-Expires": "86401" }), at()))).toBe("SignatureDoesNotMatch");
  const forged = { ...at(), credentials: { ...credentials, secretAccessKey: "another" } };
  expect(codeOf(() => verifySignature(getExample(), forged))).toBe("SignatureDoesNotMatch");
});

it("refuses unsigned Amazon headers, missing ones, other regions and keys, and clocks that are off", () => {
  expect(codeOf(() => verifySignature(getExample({ "x-amz-acl": "public-read" }), at()))).toBe("AccessDenied");
  expect(codeOf(() => verifySignature(request("GET", "/test.txt", { host: "x" }), at()))).toBe("AccessDenied");
  expect(codeOf(() => verifySignature(getExample(), { ...at(), region: "eu-west-1" }))).toBe(
    "AuthorizationHeaderMalformed",
  );
  const stranger = { ...at(), credentials: { ...credentials, accessKeyId: "stranger" } };
  expect(codeOf(() => verifySignature(getExample(), stranger))).toBe("InvalidAccessKeyId");
  expect(codeOf(() => verifySignature(getExample(), at(14)))).toBe("accepted");
  expect(codeOf(() => verifySignature(getExample(), at(16)))).toBe("RequestTimeTooSkewed");
  expect(codeOf(() => verifySignature(getExample(), at(-16)))).toBe("RequestTimeTooSkewed");
});

const chunkSignatures = [
  "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
  "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
  "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];

function chunkedExample(signatures = chunkSignatures, fill = "a") {
  const sizes = [65536, 1024, 0];
  const body = sizes.map(
    (size, index) => `${size.toString(16)};chunk-signature=${signatures[index]}\r\n${fill.repeat(size)}\r\n`,
  );
  const put = request("PUT", "/examplebucket/chunkObject.txt", {
    host: "s3.amazonaws.com",
    "content-encoding": "aws-chunked",
    "content-length": "66824",
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "x-amz-date": "20130524T000000Z",
    "x-amz-decoded-content-length": "66560",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    authorization: authorization(
      "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    ),
  });
  return { put, body: Buffer.from(body.join("")) };
}

it("takes Amazon's example of a body in signed chunks and refuses a changed one", () => {
  const { put, body } = chunkedExample();
  expect(body.byteLength).toBe(66824);
  const verified = verifySignature(put, at());
  const { bytes } = decodeAwsChunked(body, put, verified);
  expect(sha256Hex(bytes)).toBe(sha256Hex("a".repeat(66560)));
  expect(codeOf(() => decodeAwsChunked(chunkedExample(chunkSignatures, "b").body, put, verified))).toBe(
    "SignatureDoesNotMatch",
  );
  const swapped = chunkedExample([chunkSignatures[1] ?? "", chunkSignatures[0] ?? "", chunkSignatures[2] ?? ""]).body;
  expect(codeOf(() => decodeAwsChunked(swapped, put, verified))).toBe("SignatureDoesNotMatch");
  expect(codeOf(() => decodeAwsChunked(body.subarray(0, -100), put, verified))).toBe("IncompleteBody");
});

function unsigned(body: string, headers: Record<string, string> = {}) {
  const put = request("PUT", "/b/k", {
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "5",
    "x-amz-trailer": "x-amz-checksum-crc32",
    ...headers,
  });
  const verified = {
    signature: "",
    scope: SCOPE,
    date: "",
    signingKey: Buffer.alloc(0),
    payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  };
  return decodeAwsChunked(Buffer.from(body), put, verified);
}

it("reads unsigned chunks with a trailer and holds them to what was announced", () => {
  const { bytes, trailers } = unsigned("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
  expect(bytes.toString()).toBe("hello");
  expect([...trailers]).toEqual([["x-amz-checksum-crc32", "NhCmhg=="]]);
  expect(codeOf(() => unsigned("5\r\nhello\r\n0\r\n\r\n"))).toBe("MalformedTrailerError");
  expect(codeOf(() => unsigned("4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"))).toBe("IncompleteBody");
  expect(codeOf(() => unsigned("hello"))).toBe("IncompleteBody");
  expect(codeOf(() => unsigned("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\nmore"))).toBe("IncompleteBody");
  expect(codeOf(() => unsigned("2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"))).toBe(
    "InvalidChunkSizeError",
  );
});
