/** Pages hold no secret to make tokens with: whoever asks for one here is mistaken. */
export function hmac(): never {
  throw new Error("tokens are made by servers, not in browsers");
}
