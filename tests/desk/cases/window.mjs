// The context window while it is read, and the conversation with Copiloto.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { close, isClean, open, person } from "../kit/browser.mjs";

let demo, browser, finding;
before(async () => {
  [demo, browser] = await open();
  await demo.break("vm-112");
  finding = await demo.finding("112");
  await demo.pending(finding.id);
});
after(() => close(demo, browser));

test("what is pressed while something changes is clicked all the same", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana" });
  const caughtUp = page.waitForResponse((response) => response.url().includes("/desk/changed"));
  await page.goto(`/desk/findings/${finding.id}`);
  await caughtUp;
  await page.hover("#acknowledge");
  await page.mouse.down();
  const read = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith("/desk/threads/"));
  await demo.api(`/findings/${finding.id}/owner`, undefined, "PUT");
  await (await read).finished();
  await page.mouse.up();
  await page.fill("#nota", "vendo");
  // What was missed is read once the form is closed.
  await page.fill("#nota", "");
  await page.keyboard.press("Escape");
  await page.locator(".head__who", { hasText: "Com tests" }).waitFor();
  await demo.api(`/findings/${finding.id}/owner`, undefined, "DELETE");
  isClean(seen);
  await context.close();
});

test("what is read stays where it is when something changes, which is read once", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "ana" });
  const caughtUp = page.waitForResponse((response) => response.url().includes("/desk/changed"));
  await page.goto(`/desk/findings/${finding.id}`);
  await caughtUp;
  await page.evaluate(() => {
    document.querySelectorAll("#ficha details").forEach((details) => { details.open = true; });
    document.getElementById("ficha").scrollTop = 300;
  });
  const place = () => page.evaluate(() => {
    const facts = document.getElementById("ficha");
    return [facts.scrollTop, facts.querySelectorAll("details").length - facts.querySelectorAll("details[open]").length];
  });
  assert.deepEqual(await place(), [300, 0]);
  let read = 0;
  page.on("request", (request) => { read += new URL(request.url()).pathname.startsWith("/desk/threads/"); });
  await demo.api(`/findings/${finding.id}/ack`, { note: "vendo" });
  await page.locator(".head__who", { hasText: "tests" }).waitFor();
  assert.deepEqual(await place(), [300, 0]);
  assert.ok(read >= 1 && read <= 4, `the page was read ${read} times`);

  // A form that is open stays, and what was missed is read once it is closed.
  await page.click("#silence");
  await page.fill("#motivo", "em manutenção");
  await demo.heal("vm-112");
  await page.locator(".msg", { hasText: "resolvida" }).or(page.locator("#fixed")).first().waitFor();
  assert.equal(await page.inputValue("#motivo"), "em manutenção");
  await page.keyboard.press("Escape");
  await page.locator(".head__meta", { hasText: "Resolvida" }).waitFor();
  isClean(seen);
  await context.close();
});

test("a question to Copiloto is answered in place, and is no draft afterwards", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "rui" });
  await page.goto("/desk/chat");
  await page.fill("#pergunta", "quantos estão abertos?");
  await page.keyboard.press("Control+Enter");
  await page.locator(".msg", { hasText: "quantos estão abertos?" }).first().waitFor();
  await page.locator(".msg .tier").first().waitFor();
  await page.waitForURL(/thread_id=/);
  assert.equal(await page.inputValue("#pergunta"), "");
  await page.reload();
  assert.equal(await page.inputValue("#pergunta"), "");
  await page.locator(".msg", { hasText: "quantos estão abertos?" }).first().waitFor();
  isClean(seen);
  await context.close();
});

test("a conversation stays where it is read, until its reader writes", async () => {
  await demo.break("vm-122");
  const other = await demo.finding("122");
  await demo.pending(other.id);
  for (let at = 0; at < 6; at += 1) { await demo.api(`/threads/${other.thread_id}/reply`, { body: `o que fazer? ${at}` }); }
  const { context, page, seen } = await person(browser, demo, { name: "eva" });
  await page.goto(`/desk/threads/${other.thread_id}`);
  await page.locator(".msg", { hasText: "o que fazer? 5" }).first().waitFor();
  const fromEnd = () => page.evaluate(() => {
    const log = document.getElementById("log");
    return log.scrollHeight - log.scrollTop - log.clientHeight;
  });
  const isAtEnd = () => page.waitForFunction(() => {
    const log = document.getElementById("log");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  });
  await isAtEnd();
  await page.evaluate(() => { document.getElementById("log").scrollTop = 50; });
  const before = await page.title();
  await demo.break("vm-123");
  await page.waitForFunction((before) => document.title !== before, before);
  assert.equal(await page.evaluate(() => document.getElementById("log").scrollTop), 50);
  assert.ok((await fromEnd()) > 100);
  await page.fill("#resposta", "vou olhar a 122");
  await page.keyboard.press("Control+Enter");
  await page.locator(".msg", { hasText: "vou olhar a 122" }).first().waitFor();
  await isAtEnd();
  isClean(seen);
  await context.close();
});

test("what is being written on the page of a Scenario stays", async () => {
  const { context, page, seen } = await person(browser, demo, { name: "bia", role: "super_admin" });
  await page.goto("/desk/scenarios/proxmox.cluster");
  const form = page.locator("#passado details.act").first();
  await form.locator("summary").click();
  await form.locator('[name="reason"]').fill("troca de disco");
  const read = page.waitForResponse((response) => response.url().endsWith("/desk/scenarios/proxmox.cluster"));
  await demo.break("vm-104");
  await demo.finding("104");
  await read;
  assert.equal(await form.locator('[name="reason"]').inputValue(), "troca de disco");
  assert.equal(await page.evaluate(() => document.activeElement.name), "reason");
  isClean(seen);
  await context.close();
});
