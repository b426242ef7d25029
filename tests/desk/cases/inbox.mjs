// The inbox: what is unread, what arrives, acknowledging and taking back, keys.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { eventually } from "../kit/demo.mjs";
import { close, isClean, open, person } from "../kit/browser.mjs";

let demo, browser;
before(async () => {
  [demo, browser] = await open();
  for (const part of ["vm-112", "vm-122", "vm-123"]) { await demo.break(part); }
  for (const key of ["112", "122", "123"]) { await demo.pending((await demo.finding(key)).id); }
});
after(() => close(demo, browser));

const item = (page, text) => page.locator(".item", { hasText: text });
const isPending = async (text) => (await demo.api("/inbox")).items.some((one) => one.body.includes(text));

test("what was acknowledged can be taken back, and is sent after eight seconds", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana" });
  await item(page, "VM 122").locator("input").check();
  await item(page, "VM 123").locator("input").check();
  assert.equal(await page.textContent(".bulk__n"), "Marcadas: 2");
  await page.click(".bulk .btn--go");
  await page.locator("#desfazer", { hasText: "2 reconhecidas" }).waitFor();
  assert.equal(await page.locator(".item--going").count(), 2);
  await page.locator("#desfazer button").click();
  assert.equal(await page.locator(".item--going").count(), 0);

  await item(page, "VM 123").locator("input").check();
  await page.selectOption(".bulk select", "4h");
  await page.click(".bulk .btn--go");
  await page.locator("#desfazer", { hasText: "Reconhecida: VM 123" }).waitFor();
  assert.equal(await isPending("VM 123"), true);
  await eventually("an acknowledgement", async () => !(await isPending("VM 123")));
  assert.equal(await isPending("VM 122"), true, "it was taken back");
  await eventually("what comes back to be counted", async () => {
    await page.reload();
    return /1 reconhecida, 1 com prazo até/.test(await page.textContent(".inbox__foot"));
  });
  isClean(seen);
  await context.close();
});

test("closing the page sends what was held back", async () => {
  const { context, page } = await person(browser, demo, { name: "rui" });
  await item(page, "VM 122").locator("input").check();
  await page.click(".bulk .btn--go");
  await page.waitForSelector(".item--going");
  await page.close({ runBeforeUnload: true });
  await eventually("an acknowledgement", async () => !(await isPending("VM 122")));
  await context.close();
});

test("what arrives is announced, and nothing moves", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana" });
  const first = page.locator(".item").first();
  await first.locator("a").focus();
  const before = await first.boundingBox();
  await demo.break("vm-104");
  await page.locator("#chegou", { hasText: "1 nova mensagem" }).waitFor();
  assert.equal(await page.getAttribute("#chegou", "role"), "status");
  assert.deepEqual(await first.boundingBox(), before);
  await page.waitForFunction(() => document.title.startsWith("(2)"));
  assert.equal(await page.locator(".item").count(), 1);
  isClean(seen);
  await context.close();
});

test("what this person has not opened is bold, in all tabs", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "eva" });
  await page.waitForSelector(".item--new");
  assert.match(await page.textContent(".item--new .item__t"), /não lida/);
  const other = await context.newPage();
  await other.goto(await item(page, "VM 112").locator("a").getAttribute("href"));
  await other.waitForSelector("#log");
  await page.waitForFunction(() => !document.querySelector(".item").classList.contains("item--new"));
  isClean(seen);
  await context.close();
});

test("keys work outside of text boxes, and can be switched off", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "bia" });
  const keys = page.keyboard;
  await keys.press("j");
  await page.waitForSelector(".item a:focus");
  await keys.press("x");
  assert.equal(await page.locator(".item input:checked").count(), 1);
  await keys.press("e");
  await page.waitForSelector(".item--going");
  await keys.press("z");
  await page.waitForFunction(() => !document.querySelector(".item--going"));
  await keys.press("?");
  await page.waitForSelector("#atalhos[open]");
  await keys.press("Escape");
  await page.waitForSelector("#atalhos", { state: "hidden" });
  assert.equal(await page.getAttribute(".bulk .btn--go", "aria-keyshortcuts"), "e");

  await page.click(".menu summary");
  await page.click('.menu button[name="keys"]');
  await page.waitForFunction(() => !document.documentElement.dataset.keys);
  assert.equal(await page.locator("[aria-keyshortcuts], kbd").count(), 0);
  await keys.press("j");
  assert.equal(await page.locator(".item a:focus").count(), 0);
  isClean(seen);
  await context.close();
});
