/** One node of `package-lock.json` (lockfile version 3), as far as it matters here. */
export type LockNode = {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};

export type Lockfile = { packages: Record<string, LockNode> };

/** An optional dependency that some node asks for and no node of the lock answers. */
export type MissingEntry = { parent: string; name: string; range: string };

const operatingSystems: Record<string, string> = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  linuxmusl: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win32: "win32",
  windows: "win32",
};

const processors: Record<string, string> = {
  "64": "x64",
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  loong64: "loong64",
  mips64el: "mips64el",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
  x64: "x64",
};

/** Reads the platform from a package name such as `@x/cli-linux-arm64-musl`; leaves out what the name does not say. */
export function platformOf(name: string): Pick<LockNode, "os" | "cpu" | "libc"> {
  const words = name.split(/[/\-_.]/);
  const os = words.map((word) => operatingSystems[word]).find(Boolean);
  const cpu = words.map((word) => processors[word]).find(Boolean);
  const musl = words.some((word) => /^(musl|musleabi|musleabihf|linuxmusl)$/.test(word));
  const glibc = words.some((word) => /^(gnu|gnueabi|gnueabihf)$/.test(word));
  return {
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(musl ? { libc: ["musl"] } : glibc && os === "linux" ? { libc: ["glibc"] } : {}),
    ...(os ? { os: [os] } : {}),
  };
}

/** Where Node would find `name` when asked from `parent`, as a path of the lock; undefined if nowhere. */
function resolve(lock: Lockfile, parent: string, name: string): string | undefined {
  let folder = parent;
  for (;;) {
    const candidate = `${folder ? `${folder}/` : ""}node_modules/${name}`;
    if (lock.packages[candidate]) return candidate;
    if (!folder) return undefined;
    const cut = folder.lastIndexOf("/node_modules/");
    folder = cut > 0 ? folder.slice(0, cut) : "";
  }
}

const isExact = (range: string): boolean => /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(range);

/** Optional dependencies without a node. One with a range counts only if nothing answers it at all. */
export function findMissing(lock: Lockfile): MissingEntry[] {
  const missing: MissingEntry[] = [];
  for (const [parent, node] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(node.optionalDependencies ?? {})) {
      const found = resolve(lock, parent, name);
      const answered = found && (!isExact(range) || lock.packages[found]?.version === range);
      if (!answered) missing.push({ parent, name, range });
    }
  }
  return missing;
}

/** Nodes whose `resolved` names a host: a lock must install from whatever registry its reader uses. */
export function findResolved(lock: Lockfile): string[] {
  return Object.entries(lock.packages)
    .filter(([, node]) => !node.link && /^https?:/.test(node.resolved ?? ""))
    .map(([path]) => path);
}

/**
 * Returns a lock with an entry for each missing optional dependency and without host names. Throws for an entry whose
 * range is not one exact version, because its version cannot be known offline.
 */
export function completeLockfile<Lock extends Lockfile>(lock: Lock): Lock {
  const packages: Record<string, LockNode> = {};
  for (const [path, node] of Object.entries(lock.packages)) {
    const { resolved, ...rest } = node;
    packages[path] = resolved !== undefined && !node.link && /^https?:/.test(resolved) ? rest : node;
  }
  for (const { parent, name, range } of findMissing(lock)) {
    if (!isExact(range)) throw new Error(`${parent} wants ${name}@${range}: a range cannot be completed offline`);
    const atRoot = `node_modules/${name}`;
    const taken = packages[atRoot] && packages[atRoot]?.version !== range;
    const path = taken ? `${parent}/${atRoot}` : atRoot;
    const { cpu, libc, os } = platformOf(name);
    packages[path] = {
      version: range,
      ...(cpu ? { cpu } : {}),
      ...(lock.packages[parent]?.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      ...(os ? { os } : {}),
    };
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(sorted) };
}
