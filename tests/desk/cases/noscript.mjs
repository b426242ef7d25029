// With script switched off, reading, replying and acknowledging work.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { eventually } from "../kit/demo.mjs";
import { close, open, person } from "../kit/browser.mjs";

let demo, browser;
before(async () => {
  [demo, browser] = await open();
  for (const part of ["vm-112", "vm-122"]) { await demo.break(part); }
  for (const key of ["112", "122"]) { await demo.pending((await demo.finding(key)).id); }
});
after(() => close(demo, browser));

test("reading, replying, acknowledging and taking back", async () => {
  const { page } = await person(browser, demo, { name: "ana", role: "super_admin", javaScriptEnabled: false });
  assert.equal(await page.locator("kbd:visible").count(), 0, "no key works");
  const item = (text) => page.locator(".item", { hasText: text });
  await item("VM 112").locator("a").click();
  await page.fill("#resposta", "o que fazer?");
  await page.click("#reply .reply__end button");
  await page.locator(".msg", { hasText: "o que fazer?" }).first().waitFor();
  await eventually("the answer", async () => {
    await page.reload();
    return (await page.locator(".msg .tier", { hasText: "trecho do runbook" }).count()) > 0;
  });
  await page.locator(".acts summary", { hasText: "Reconhecer" }).click();
  await page.fill("#nota", "vendo");
  await page.locator(".act[open] button").click();
  await eventually("the acknowledgement", async () => {
    await page.reload();
    return (await page.locator(".head__who", { hasText: "ana" }).count()) > 0;
  });

  await page.goto("/desk");
  await page.selectOption('.filters select[name="severity"]', "critical");
  await page.click(".filters button");
  await item("VM 122").locator("input").check();
  await page.click(".bulk .btn--go");
  await page.locator(".undo", { hasText: "será reconhecida" }).getByRole("button").click();
  await page.locator(".arrived", { hasText: "Nada foi reconhecido" }).waitFor();
  await item("VM 122").locator("input").check();
  await page.click(".bulk .btn--go");
  await eventually("an inbox without it", async () => {
    await page.goto("/desk");
    return (await item("VM 122").count()) === 0;
  });
  assert.match(await page.textContent(".inbox__foot"), /reconhecida/);
});
