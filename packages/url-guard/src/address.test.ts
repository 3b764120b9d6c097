import fc from "fast-check";
import { expect, it } from "vitest";
import { classifyAddress } from "./address.ts";

it("tells public addresses from private, link-local and unusable ones of both families", () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    public: [
      "8.8.8.8",
      "1.1.1.1",
      "172.32.0.1",
      "100.128.0.1",
      "2606:4700::1111",
      "2a00:1450:4001::1",
      "::ffff:8.8.8.8",
    ],
    private: [
      "127.0.0.1",
      "127.255.255.254",
      "10.1.2.3",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "100.64.0.1",
      "::1",
      "fc00::1",
      "fd12:3456::1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "0:0:0:0:0:ffff:a00:1",
      "64:ff9b::10.0.0.1",
      "::127.0.0.1",
    ],
    "link-local": [
      "169.254.169.254",
      "::ffff:169.254.169.254",
      "::ffff:a9fe:a9fe",
      "fe80::1%eth0",
      "febf::1",
      "fd00:ec2::254",
    ],
    unusable: [
      "0.0.0.0",
      "224.0.0.1",
      "255.255.255.255",
      "192.0.2.1",
      "::",
      "ff02::1",
      "2001:db8::1",
      "2002:7f00:1::",
      "x",
      "",
    ],
  };
  for (const [expected, addresses] of Object.entries(cases)) {
    for (const address of addresses) expect(classifyAddress(address), address).toBe(expected);
  }
});

it("says of an IPv4 address in IPv6 clothes what it says of the address itself", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
      expect(classifyAddress(`::ffff:${hex}`)).toBe(classifyAddress(address));
      expect(classifyAddress(`64:ff9b::${hex}`)).toBe(classifyAddress(address));
    }),
  );
});
