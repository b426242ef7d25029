// Two people at once, a session that ends, a server that restarts.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { close, isClean, open, person } from "../kit/browser.mjs";

let demo, browser, finding;
before(async () => {
  [demo, browser] = await open();
  for (const part of ["vm-112", "vm-122"]) { await demo.break(part); }
  await demo.pending((await demo.finding("122")).id);
  finding = await demo.finding("112");
  await demo.pending(finding.id);
});
after(() => close(demo, browser));

test("two people see what the other one does, without loading the page again", async () => {
  const ana = await person(browser, demo, { name: "ana" });
  const rui = await person(browser, demo, { name: "rui" });
  for (const { page } of [ana, rui]) { await page.goto(`/desk/findings/${finding.id}`); }
  await ana.page.fill("#resposta", "estou vendo **agora**");
  await ana.page.click("#reply .reply__end button");
  await rui.page.locator(".msg", { hasText: "estou vendo" }).locator("strong").waitFor();
  // What is being written stays.
  await rui.page.fill("#resposta", "espere");
  await ana.page.locator(".acts summary", { hasText: "Reconhecer" }).click();
  await ana.page.fill("#nota", "comigo");
  await ana.page.locator(".act[open] button").click();
  await rui.page.locator(".head__who", { hasText: "ana" }).waitFor();
  assert.equal(await rui.page.inputValue("#resposta"), "espere");
  await rui.page.reload();
  assert.equal(await rui.page.inputValue("#resposta"), "espere");
  for (const { context, seen } of [ana, rui]) { isClean(seen); await context.close(); }
});

test("signing out elsewhere ends the session: the page says so, and keeps what was written", async () => {
  const here = await person(browser, demo, { name: "eva" });
  const there = await person(browser, demo, { name: "eva" });
  await here.page.goto(`/desk/findings/${finding.id}`);
  await here.page.fill("#resposta", "não se perde");
  await there.page.click(".menu summary");
  await there.page.locator('form[action="/desk/session/out"] button').click();
  await here.page.waitForSelector("#ended:not([hidden])");
  await here.page.click("#ended a");
  await here.page.fill("#token", demo.token("eva"));
  await here.page.click("form.sign-in button");
  await here.page.waitForURL(`**/desk/findings/${finding.id}`);
  assert.equal(await here.page.inputValue("#resposta"), "não se perde");
  for (const { context, seen } of [here, there]) { isClean(seen); await context.close(); }
});

test("a page tells that the server is away, keeps its list with absolute times, and recovers", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "bia" });
  const other = await context.newPage();
  await other.goto(`/desk/findings/${finding.id}`);
  await demo.end();
  await page.waitForSelector("#lost:not([hidden])");
  assert.equal(await page.getAttribute("#lost", "role"), "alert");
  assert.match(await page.textContent("#lost"), /desde \d\d:\d\d:\d\d/);
  assert.match(await page.textContent(".item time"), /^às \d\d:\d\d$/);
  assert.equal(await page.locator(".item").count() > 0, true);
  // What cannot be sent stays.
  await other.fill("#resposta", "ligando agora");
  await other.click("#reply .reply__end button");
  await other.locator(".reply__failed", { hasText: "Sem resposta" }).waitFor();
  assert.equal(await other.inputValue("#resposta"), "ligando agora");
  await demo.run();
  await page.waitForSelector("#lost", { state: "hidden" });
  assert.doesNotMatch(await page.textContent(".item time"), /^às/);
  await demo.break("vm-123");
  await page.locator("#chegou a").waitFor();
  await other.click("#reply .reply__end button");
  await other.locator(".msg", { hasText: "ligando agora" }).first().waitFor();
  assert.equal(await other.inputValue("#resposta"), "");
  isClean(seen);
  await context.close();
});
