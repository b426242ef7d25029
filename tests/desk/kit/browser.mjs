// The browser: Debian's chromium, driven by playwright-core. What pages do that they must not do is recorded.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Demo } from "./demo.mjs";

const require = createRequire(`${process.env.DESK_TOOLS}/`);
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** With FROM_SOURCE=1, the style and the scripts are those of the working tree: they can be changed without building the program. */
async function serveSource(context) {
  if (!process.env.FROM_SOURCE) { return; }
  const file = (name) => readFileSync(fileURLToPath(new URL(`../../../src/desk/${name}`, import.meta.url)), "utf8");
  const source = file("assets.rs");
  const joined = (list, glue) => {
    const names = source.split(`const ${list}: &[&str] = &[`)[1].split("];")[0].matchAll(/include_str!\("([^"]+)"\)/g);
    return [...names].map(([, name]) => file(name)).join(glue);
  };
  const fulfill = (contentType, body) => (route) => route.fulfill({ contentType, body: body() });
  await context.route("**/desk/assets/desk-*.css", fulfill("text/css", () => joined("STYLE", "")));
  await context.route("**/desk/assets/desk-*.js", fulfill("text/javascript", () => joined("SCRIPT", "\n;\n")));
}

async function launch(options = {}) {
  const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
  const args = [...sandbox, ...(options.args || [])];
  return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", ...options, args });
}

/** Starts a demo and a browser. If one of them fails, the other one is ended, or the process of the tests would not end. */
export async function open({ registry, args } = {}) {
  const [demo, browser] = await Promise.allSettled([Demo.start({ registry }), launch({ args })]);
  if (demo.value && browser.value) { return [demo.value, browser.value]; }
  await close(demo.value, browser.value);
  throw demo.reason ?? browser.reason;
}

/** Ends what `open` has started, if it has. */
export async function close(demo, browser) {
  try {
    await browser?.close();
  } finally {
    await demo?.stop();
  }
}

/** One person's browser: a context of its own, and its first page. `seen` has what must not happen. */
export async function person(browser, demo, options = {}) {
  const { name, role, base = demo.url, init, ...rest } = options;
  const context = await browser.newContext({
    baseURL: base, locale: "pt-BR", timezoneId: "America/Sao_Paulo", viewport: { width: 1440, height: 900 }, ...rest,
  });
  const seen = await watch(context, rest.javaScriptEnabled !== false);
  await serveSource(context);
  if (init) { await context.addInitScript(init); }
  const page = await context.newPage();
  if (name) { await signIn(page, demo.token(name, role)); }
  return { context, page, seen };
}

async function watch(context, hasScript) {
  const seen = { executed: [], refused: [], errors: [] };
  context.on("page", (page) => {
    page.on("dialog", (dialog) => { seen.executed.push(dialog.message()); dialog.dismiss(); });
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("console", (message) => {
      if (/content security policy/i.test(message.text())) { seen.refused.push(message.text()); }
    });
  });
  if (hasScript) {
    await context.exposeBinding("executed", (_, what) => { seen.executed.push(String(what)); });
    await context.exposeBinding("refused", (_, what) => { seen.refused.push(what); });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => window.refused(`${event.violatedDirective} ${event.blockedURI}`));
    });
  }
  return seen;
}

/** Nothing was executed, refused by the policy, or thrown. */
export function isClean(seen) {
  assert.deepEqual(seen, { executed: [], refused: [], errors: [] });
}

export async function signIn(page, token, to = "/desk") {
  await page.goto(`/desk/session?return=${encodeURIComponent(to)}`);
  await page.fill("#token", token);
  await page.click("form.sign-in button");
  await page.waitForSelector("#principal");
  // Keys that are pressed before the scripts have run are lost.
  await page.waitForLoadState("load");
}

/** Chooses a language and a theme, as the menu does. */
export async function choose(context, url, { language = "pt-BR", theme = "light" }) {
  const cookie = (name, value) => ({ name, value, url: `${url}/desk`, sameSite: "Lax", httpOnly: true });
  await context.addCookies([cookie("desk-language", language), cookie("desk-theme", theme)]);
}

/** What axe finds, one line each. Its text is evaluated by the debugger: the policy of the page holds. */
export async function accessibility(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), TAGS);
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary.split("\n").slice(1).join("; ")}`));
}

/** Presses Tab until an element that matches has the focus. */
export async function tabTo(page, selector) {
  for (let step = 0; step < 80; step += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) { return; }
    await page.keyboard.press("Tab");
  }
  assert.fail(`${selector} is not reached by Tab`);
}
