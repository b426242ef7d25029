// The demo, with ports and a data directory of its own.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BINARY = process.env.BINARY || join(ROOT, "target/debug/agentic-ops");
const WAIT_MS = 60000;

/** Cases that run at the same time have different slots, and ports of their own. */
const FIRST_PORT = 20000 + 2500 * (Number(process.env.SLOT ?? 0) % 4);

/**
 * Ports that are free, and stay so while the program starts and restarts: they are below the default range from which the kernel
 * chooses those of other servers and of outgoing connections.
 */
async function freePorts(count) {
  const found = new Set();
  while (found.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * 2500);
    if (await isFree(port)) { found.add(port); }
  }
  return [...found];
}

function isFree(port) {
  return new Promise((done) => {
    const server = createServer();
    server.on("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

/** What cannot come any more: `eventually` stops waiting. */
class Never extends Error {}

/** Calls `found` until it gives something, and gives that. */
export async function eventually(what, found) {
  const end = Date.now() + WAIT_MS;
  let last = "nothing";
  while (Date.now() < end) {
    try {
      const value = await found();
      if (value) { return value; }
    } catch (error) {
      if (error instanceof Never) { throw error; }
      last = error.message;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`timed out waiting for ${what}: ${last}`);
}

export class Demo {
  /** Starts one. `registry`: the path of another registry than that of the repository. */
  static async start({ registry = join(ROOT, "registry.yaml") } = {}) {
    const demo = new Demo();
    const [port, kube, control] = await freePorts(3);
    Object.assign(demo, { port, kube, control, registry, data: mkdtempSync(join(tmpdir(), "desk-test-")) });
    demo.url = `http://127.0.0.1:${port}`;
    try {
      await demo.run();
    } catch (error) {
      // A process that runs would keep that of the tests from ending.
      await demo.stop();
      throw error;
    }
    return demo;
  }

  /** Runs the program, and waits until it is ready. */
  async run() {
    const address = (port) => `127.0.0.1:${port}`;
    const options = ["--data", this.data, "--registry", this.registry, "--listen", address(this.port),
      "--kube-listen", address(this.kube), "--control", address(this.control)];
    this.log = "";
    this.child = spawn(BINARY, ["demo", ...options], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
    this.child.stderr.on("data", (text) => { this.log = (this.log + text).slice(-100000); });
    this.ended = new Promise((done) => {
      this.child.on("exit", done);
      this.child.on("error", (error) => { this.log += error.message; done(); });
    });
    let isOver = false;
    this.ended.then(() => { isOver = true; });
    const started = (what, found) => eventually(what, () => {
      if (isOver) { throw new Never(`the demo ended: ${this.log}`); }
      return found();
    });
    this.link = await started("the link of the demo", () => this.log.match(/http:\S+\/desk\/session\/once\/\S+/)?.[0]);
    await started("a demo that is ready", async () => (await fetch(`${this.url}/readyz`)).ok);
  }

  /** Ends the program; its data stay. */
  async end() {
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 20000);
    await this.ended;
    clearTimeout(timer);
  }

  async stop() {
    await this.end();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Breaks a part of the simulated estate. */
  async break(part) { await this.#control(`break/${part}`); }

  /** Heals a part, or all. */
  async heal(part) { await this.#control(part ? `heal/${part}` : "heal"); }

  async #control(path) {
    const answer = await fetch(`http://127.0.0.1:${this.control}/${path}`, { method: "POST" });
    if (!answer.ok) { throw new Error(await answer.text()); }
  }

  /** A token for the facade. */
  token(name, role = "ops_lead") {
    const options = ["token", "--name", name, "--role", role, "--data", this.data];
    return execFileSync(BINARY, options, { cwd: ROOT, encoding: "utf8" }).trim();
  }

  /** What a route of the facade answers. */
  async api(path, body, method = "GET") {
    this.bearer ??= this.token("tests", "super_admin");
    const options = { method, headers: { Authorization: `Bearer ${this.bearer}` } };
    if (body) {
      Object.assign(options, { method: "POST", body: JSON.stringify(body) });
      options.headers["Content-Type"] = "application/json";
    }
    const answer = await fetch(`${this.url}/api/v1/agents${path}`, options);
    if (!answer.ok) { throw new Error(`${path}: ${answer.status} ${await answer.text()}`); }
    return answer.json();
  }

  /** The open Finding of a check, once there is one with a Thread. */
  async finding(key) {
    return eventually(`a Finding about ${key}`, async () => {
      const { items } = await this.api("/findings?phase=open");
      return items.find((item) => (item.key === key || item.check === key) && item.thread_id);
    });
  }

  /** The first pending Message about a Finding, once there is one. */
  async pending(finding) {
    return eventually(`a Message about ${finding}`, async () => {
      const { items } = await this.api("/inbox");
      return items.find((item) => item.finding_id === finding);
    });
  }
}
