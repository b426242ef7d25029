// Many Findings of one check: what is folded, keys, acknowledging all of them; menus; and pages on paper.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../kit/demo.mjs";
import { close, isClean, open, person } from "../kit/browser.mjs";

const COUNT = 64;
const REGISTRY = fileURLToPath(new URL("../../../registry.yaml", import.meta.url));
let demo, browser, shops, registry, finding;

const scenario = (port) => `
apiVersion: agentic.ligbox.io/v1alpha1
kind: Scenario
metadata: {name: shops.front}
spec:
  title: Lojas
  agent: pulso
  severity: critical
  interval: 5s
  thresholds: {fail: 1, recover: 1}
  probes:
  - name: shops
    http: {url: "http://127.0.0.1:${port}/"}
  checks:
  - name: shop
    forEach: probes.shops.json.failing
    expect: item == ""
    message: '"Loja " + item + " não responde"'
`;

before(async () => {
  const failing = Array.from({ length: COUNT }, (_, at) => `l-${String(at).padStart(2, "0")}`);
  shops = createServer((_, answer) => answer.end(JSON.stringify({ failing })));
  await new Promise((done) => shops.listen(0, "127.0.0.1", done));
  registry = mkdtempSync(join(tmpdir(), "desk-registry-"));
  copyFileSync(REGISTRY, join(registry, "registry.yaml"));
  writeFileSync(join(registry, "shops.yaml"), scenario(shops.address().port));
  [demo, browser] = await open({ registry });
  await demo.break("vm-112");
  finding = await demo.finding("112");
  await demo.pending(finding.id);
  await eventually("all Messages", async () => {
    const { items } = await demo.api("/inbox?limit=200");
    return items.filter((item) => item.body.includes("Loja ")).length === COUNT;
  });
});
after(async () => {
  await close(demo, browser);
  shops?.close();
  if (registry) { rmSync(registry, { recursive: true, force: true }); }
});

const focused = (page) => page.evaluate(() => document.activeElement.textContent);

test("keys stop at what is folded, and in what is open, and work in other lists", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin" });
  const pile = page.locator(".pile");
  assert.equal(await pile.locator("summary .n").textContent(), String(COUNT));
  // From first to last, whichever was opened first.
  const all = [];
  await page.keyboard.press("j");
  all.push(await focused(page));
  await page.keyboard.press("j");
  all.push(await focused(page));
  assert.ok(all.some((text) => text.includes("Lojas")) && all.some((text) => text.includes("VM 112")), all.join("; "));
  await pile.locator("summary").focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".pile[open]");
  await page.keyboard.press("j");
  assert.match(await focused(page), /Loja l-00/);
  await page.goto("/desk/findings");
  await page.keyboard.press("j");
  assert.equal(await page.locator("tbody a:focus").count(), 1);
  isClean(seen);
  await context.close();
});

test("beside a window all are counted, and the list is renewed in its place", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin" });
  await page.goto(`/desk/findings/${finding.id}`);
  await page.locator("#caixa-t", { hasText: `${COUNT + 1} pendentes` }).waitFor();
  assert.equal(await page.locator(".pile summary .n").textContent(), String(COUNT));
  assert.match(await page.textContent(".item__a[aria-current]"), /VM 112/);
  await page.fill("#resposta", "um rascunho");
  // The second choice is made the moment that the list is there: it too stays in the page.
  await page.evaluate(() => {
    const first = document.querySelector("#filtro-severity");
    new MutationObserver((_, observer) => {
      const severity = document.querySelector("#filtro-severity");
      if (!severity || severity === first) { return; }
      observer.disconnect();
      severity.value = "critical";
      severity.dispatchEvent(new Event("change", { bubbles: true }));
    }).observe(document.body, { childList: true, subtree: true });
  });
  await page.selectOption("#filtro-severity", "low");
  await page.locator('#filtro-severity option[value="critical"][selected]').waitFor({ state: "attached" });
  await page.locator("#caixa-t", { hasText: `${COUNT + 1} pendentes` }).waitFor();
  assert.match(page.url(), /\/desk\/findings\//);
  assert.equal(await page.inputValue("#resposta"), "um rascunho");
  await demo.break("vm-122");
  await page.locator("#chegou a").click();
  await page.locator("#caixa-t", { hasText: `${COUNT + 2} pendentes` }).waitFor();
  assert.match(page.url(), /\/desk\/findings\//);
  // What was renewed can be acknowledged.
  await page.locator(".item", { hasText: "VM 112" }).locator("input").check();
  await page.click(".bulk .btn--go");
  await page.locator("#desfazer", { hasText: "Reconhecida: VM 112" }).waitFor();
  await page.click("#desfazer button");
  isClean(seen);
  await context.close();
});

test("what opens above the page closes by Escape, by a click elsewhere, and once the focus has left it", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin" });
  await page.goto(`/desk/findings/${finding.id}`);
  for (const [summary, menu] of [[".bar__more summary", ".bar__more details"], [".menu summary", ".menu"], ["#silence", ".act:has(#silence)"]]) {
    const isOpen = () => page.locator(`${menu}[open]`).count();
    await page.click(summary);
    assert.equal(await isOpen(), 1, menu);
    await page.locator(".thread .msg").first().click({ position: { x: 5, y: 5 } });
    assert.equal(await isOpen(), 0, `${menu} after a click`);
    await page.click(summary);
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("Escape");
    assert.equal(await isOpen(), 0, `${menu} after Escape`);
    assert.ok(await page.locator(summary).evaluate((element) => element === document.activeElement), menu);
    await page.click(summary);
    await page.locator("#resposta").focus();
    assert.equal(await isOpen(), 0, `${menu} after the focus left`);
  }
  // What was written in a form is not lost by a click.
  await page.click("#silence");
  await page.fill("#motivo", "troca de disco");
  await page.locator(".thread .msg").first().click({ position: { x: 5, y: 5 } });
  assert.equal(await page.inputValue("#motivo"), "troca de disco");
  assert.equal(await page.locator(".act[open]").count(), 1);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".act[open]").count(), 0);
  isClean(seen);
  await context.close();
});

test("on paper a page has all that it says and nothing to press", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin" });
  for (const width of [718, 1047]) {
    await page.setViewportSize({ width, height: 1047 });
    for (const path of [`/desk/findings/${finding.id}`, "/desk", "/desk/findings", "/desk/chat", "/desk/actions"]) {
      await page.goto(path);
      await page.emulateMedia({ media: "print" });
      await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
      const found = await page.evaluate(() => {
        const isShown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
        const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown);
        const cut = all("main *").filter((one) => /auto|scroll|hidden/.test(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight + 1);
        return {
          controls: all("button, input, select, textarea, kbd, .bar").map((one) => one.outerHTML.slice(0, 80)),
          folded: all("main details:not([open]):not(.more--part)").map((one) => one.className),
          cut: cut.filter((one) => !one.closest(".vh, table, svg")).map((one) => one.className),
        };
      });
      assert.deepEqual(found, { controls: [], folded: [], cut: [] }, `${path} at ${width}`);
      if (path === "/desk/findings") {
        assert.equal(await page.locator("table thead").evaluate((head) => getComputedStyle(head).display), "table-header-group");
        const dated = await page.locator(".tab__w time").first().evaluate((time) => getComputedStyle(time, "::after").content);
        assert.match(dated, /title|\d\d\/\d\d\/\d{4}/);
      }
      await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
      await page.emulateMedia({ media: "screen" });
    }
  }
  isClean(seen);
  await context.close();
});

test("on a phone the last line is above the bar after a question", async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin", ...phone });
  await page.goto(`/desk/chat?finding_id=${finding.id}`);
  for (const question of ["o que fazer agora?", "quantos estão abertos?"]) {
    await page.fill("#pergunta", question);
    await page.click("form.reply .btn--go");
    await page.locator(".msg", { hasText: question }).first().waitFor();
  }
  await page.waitForFunction(() => {
    const last = [...document.querySelectorAll(".msg")].pop().getBoundingClientRect();
    return last.bottom <= document.querySelector(".bar nav").getBoundingClientRect().top && last.bottom > 0;
  });
  isClean(seen);
  await context.close();
});

test("all that is marked is acknowledged, and what is folded shows it", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin" });
  await page.locator(".pile").waitFor();
  await page.locator(".item", { hasText: "VM 112" }).locator("input").check();
  await page.click("[data-all]");
  const marked = Number((await page.textContent(".bulk__n")).match(/\d+/)[0]);
  assert.ok(marked > COUNT, `${marked} are marked`);
  await page.click(".bulk .btn--go");
  await page.locator("#desfazer", { hasText: `${marked} reconhecidas` }).waitFor();
  assert.equal(await page.locator(".pile--going").count(), 1);
  await eventually("an empty inbox", async () => (await demo.api("/inbox?limit=200")).items.length === 0);
  isClean(seen);
  await context.close();
});
