/** Pages hold no secret to make tokens or signatures with: whoever asks for one here is mistaken. */
function refuse(): never {
  throw new Error("tokens and signatures are made by servers, not in browsers");
}

export { refuse as hmac, refuse as hmacOf, refuse as isSameText, refuse as randomBase64 };
