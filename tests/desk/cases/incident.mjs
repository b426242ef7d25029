// The story of an incident, once with the mouse and once with the keyboard alone.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { eventually } from "../kit/demo.mjs";
import { close, isClean, open, person, tabTo } from "../kit/browser.mjs";

let demo, browser;
before(async () => { [demo, browser] = await open(); });
after(() => close(demo, browser));

/** The result of a run is told. */
const ran = () => document.querySelector(".head__done") || document.querySelector("#ran")?.textContent.trim();

const count = (page) => page.title().then((title) => Number(title.match(/^\((\d+)\)/)?.[1] || 0));

test("with the mouse: it opens, appears, is taken, read, replied to, answered, run, silenced, acknowledged, resolved, explained", async () => {
  const { context, page, seen } = await person(browser, demo);
  await page.goto(demo.link);
  await page.click("main button");
  await page.waitForSelector("#caixa .say");
  const quiet = await page.getAttribute('link[rel="icon"]', "href");

  await demo.break("vm-112");
  // It appears by itself: nothing is loaded again, and nothing moves.
  await page.click("#chegou a");
  const item = page.locator(".item", { hasText: "VM 112" }).first();
  await item.waitFor();
  assert.equal(await count(page), await page.locator(".item").count());
  assert.notEqual(await page.getAttribute('link[rel="icon"]', "href"), quiet);
  await page.locator(".item--new", { hasText: "VM 112" }).first().waitFor();
  await item.locator("a").click();
  await page.waitForSelector("#log");
  assert.match(await page.textContent("#conversa"), /VM 112/);

  await page.click("#take-over");
  await page.locator(".head__who", { hasText: "Com local" }).waitFor();
  await page.fill("#resposta", "o que fazer?");
  await page.click("#reply .reply__end button");
  await page.locator(".msg", { hasText: "o que fazer?" }).first().waitFor();
  await page.locator(".msg .tier", { hasText: "trecho do runbook" }).first().waitFor();
  await page.locator(".acts button", { hasText: "Verificar agora" }).click();
  await page.waitForFunction(ran);

  await page.locator(".acts summary", { hasText: "Silenciar" }).click();
  await page.fill("#motivo", "em manutenção");
  await page.locator(".act[open] button").click();
  await eventually("a Silence", async () => (await demo.api("/silences")).items.length === 1);
  await page.waitForFunction(() => !document.querySelector(".act[open]"));

  await page.locator(".acts summary", { hasText: "Reconhecer" }).click();
  await page.fill("#nota", "vendo");
  await page.locator(".act[open] button").click();
  await page.locator(".head__who", { hasText: "local" }).waitFor();

  await demo.heal("vm-112");
  await page.locator(".head__meta", { hasText: "Resolvida" }).waitFor();
  await page.fill("#fixed", "subi a VM com **qm start**");
  await page.click("#explain button");
  await page.locator(".msg--fixed", { hasText: "subi a VM" }).waitFor();
  assert.equal(await page.locator("#explain").count(), 0, "it is asked once");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(".msg--fixed a[download]")]);
  assert.match(file.suggestedFilename(), /proxmox-cluster.*\.md$/);
  await page.goto("/desk");
  await eventually("an inbox without it", async () => {
    await page.reload();
    return (await page.locator(".item", { hasText: "VM 112" }).count()) === 0;
  });
  isClean(seen);
  await context.close();
});

test("with the keyboard alone", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana", role: "super_admin" });
  const keys = page.keyboard;
  await page.goto("/desk");
  await demo.break("vm-122");
  await page.waitForSelector("#chegou a");
  await tabTo(page, "#chegou a");
  await keys.press("Enter");
  const item = page.locator(".item", { hasText: "VM 122" }).first();
  await item.waitFor();
  for (let step = 0; step < 20 && !(await item.locator("a:focus").count()); step += 1) { await keys.press("j"); }
  await keys.press("Enter");
  await page.waitForURL("**/desk/threads/**");
  assert.match(await page.textContent("#conversa"), /VM 122/);

  await keys.press("a");
  await page.locator(".head__who", { hasText: "Com ana" }).waitFor();
  await keys.press("r");
  await keys.type("o que fazer?");
  await keys.press("Control+Enter");
  await page.locator(".msg", { hasText: "o que fazer?" }).first().waitFor();
  await page.locator(".msg .tier", { hasText: "trecho do runbook" }).first().waitFor();

  // The box keeps the focus, for what is written next.
  await keys.press("Escape");
  await keys.press("g");
  await page.waitForFunction(ran);
  await keys.press("s");
  await page.waitForSelector("#tempo:focus");
  await keys.press("Tab");
  await keys.type("em manutenção");
  await keys.press("Tab");
  await keys.press("Enter");
  await eventually("a Silence", async () => (await demo.api("/silences")).items.length === 2);
  await page.waitForFunction(() => !document.querySelector(".act[open]"));
  await keys.press("e");
  await page.waitForSelector("#nota:focus");
  await keys.type("vendo");
  await keys.press("Tab");
  await keys.press("Enter");
  await page.locator(".head__who", { hasText: "ana" }).waitFor();
  await demo.heal("vm-122");
  await page.locator(".head__meta", { hasText: "Resolvida" }).waitFor();
  await tabTo(page, "#fixed");
  await keys.type("liguei de novo");
  await keys.press("Control+Enter");
  await page.locator(".msg--fixed", { hasText: "liguei de novo" }).waitFor();
  isClean(seen);
  await context.close();
});
