// What outsiders can write is shown as text: nothing of it runs, and nothing is left for the policy of the pages to refuse.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../kit/demo.mjs";
import { close, isClean, open, person, signIn } from "../kit/browser.mjs";
import { PAGES, visit } from "../kit/pages.mjs";
import { PAYLOADS, scenario } from "../kit/hostile.mjs";

const REGISTRY = fileURLToPath(new URL("../../../registry.yaml", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "desk-hostile-"));
let demo, browser, target, world;

/** Headers of HTTP have no line breaks and no other characters than those of Latin-1. */
const inHeader = (payload) => payload.replace(/[^\x20-\x7e]/g, " ");

before(async () => {
  target = createServer((_, answer) => {
    PAYLOADS.forEach((payload, index) => answer.setHeader(`X-Hostile-${index}`, inHeader(payload)));
    answer.setHeader("Content-Type", "application/json");
    answer.end(JSON.stringify({ subjects: PAYLOADS, text: PAYLOADS.slice(0, 4).join(" ") }));
  });
  await new Promise((done) => target.listen(0, "127.0.0.1", done));
  const registry = join(directory, "registry.yaml");
  writeFileSync(registry, readFileSync(REGISTRY, "utf8") + scenario(target.address().port));
  [demo, browser] = await open({ registry });
  const finding = await demo.finding("body");
  await demo.pending(finding.id);
  world = { finding: finding.id, thread: finding.thread_id };
  for (const payload of PAYLOADS) {
    await demo.api(`/threads/${world.thread}/reply`, { body: payload });
  }
  const note = PAYLOADS.slice(0, 8).join(" ");
  await demo.api(`/findings/${world.finding}/ack`, { note });
  const matchers = [{ name: "scenario", op: "=", value: "hostile.target" }];
  await demo.api("/silences", { matchers, duration: "1h", reason: note });
  await demo.api("/chat", { message: PAYLOADS[3] });
});
after(async () => {
  await close(demo, browser);
  target?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What no text may become. */
async function found(page) {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll("*")], wrong = [];
    for (const element of all) {
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on") || /^\s*(javascript|data):/i.test(value)) { wrong.push(`${element.tagName} ${name}=${value}`); }
        if (/^(data-)?(hx|sse)-/.test(name) && element.closest(".md") && name !== "hx-disable") { wrong.push(`${name} in a text`); }
      }
      if (element.matches("script:not([src]), style, iframe, object, embed, base, meta[http-equiv]")) { wrong.push(element.outerHTML.slice(0, 200)); }
    }
    return wrong;
  });
}

test("every page shows it as text", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin" });
  const texts = [];
  for (const one of PAGES.filter((one) => !one.guest)) {
    await visit(page, one, world);
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
    assert.deepEqual(await found(page), [], one.name);
    texts.push(await page.textContent("body"));
  }
  const all = texts.join("\n");
  for (const part of ["<script>executed(document.domain)</script>", "<img src=x onerror=executed(document.domain)>"]) {
    assert.ok(all.includes(part), `${part} is shown as text`);
  }
  isClean(seen);
  await context.close();
});

test("what is shown later does no harm, either", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "rui" });
  await page.goto(`/desk/threads/${world.thread}`);
  for (const payload of PAYLOADS.slice(0, 12)) {
    await demo.api(`/threads/${world.thread}/reply`, { body: `depois ${payload}` });
  }
  // With their answers they are so many that the first of them are folded.
  await page.locator(".msg", { hasText: "depois" }).nth(11).waitFor({ state: "attached" });
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  assert.deepEqual(await found(page), []);
  // A draft is kept as text.
  await page.fill("#resposta", PAYLOADS[2]);
  await page.reload();
  assert.equal(await page.inputValue("#resposta"), PAYLOADS[2]);
  isClean(seen);
  await context.close();
});

test("a name that is markup is shown as text", async () => {
  const name = `<img src=x onerror=executed(1)>`;
  let token = "";
  try { token = demo.token(name, "devops"); } catch { return; }
  const { context, page, seen } = await person(browser, demo);
  await signIn(page, token);
  const isIn = (await page.locator("#caixa").count()) > 0;
  if (isIn) {
    await page.goto(`/desk/threads/${world.thread}`);
    assert.match(await page.textContent(".bar__user"), /<img/);
  }
  assert.deepEqual(await found(page), []);
  await eventually("the page", () => page.waitForLoadState("load").then(() => true));
  isClean(seen);
  await context.close();
});
