// Ten tabs over HTTP/1.1, on a name that is no secure context: browsers open six connections to a host.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { close, isClean, open, person } from "../kit/browser.mjs";

const TABS = 10;
let demo, browser;
before(async () => {
  const args = ["--host-resolver-rules=MAP painel.exemplo 127.0.0.1"];
  [demo, browser] = await open({ args });
});
after(() => close(demo, browser));

async function tenTabs(part, key, init) {
  const base = `http://painel.exemplo:${demo.port}`;
  const { context, page, seen } = await person(browser, demo, { name: "ana", base, init });
  assert.equal(await page.evaluate(() => window.isSecureContext), false);
  const pages = [page];
  while (pages.length < TABS) {
    const next = await context.newPage();
    await next.goto("/desk");
    pages.push(next);
  }
  await demo.break(part);
  await demo.pending((await demo.finding(key)).id);
  await Promise.all(pages.map((one) => one.waitForSelector("#chegou a")));
  // A tab that is closed takes the stream with it, where it held it.
  await pages.shift().close();
  await demo.heal(part);
  await Promise.all(pages.map((one) => one.waitForFunction(() => document.getElementById("pendentes").dataset.count === "0")));
  await pages[3].goto("/desk");
  isClean(seen);
  await context.close();
}

test("ten tabs with a shared worker", () => tenTabs("vm-112", "112"));
test("ten tabs without shared workers", () => tenTabs("vm-122", "122", () => { delete window.SharedWorker; }));
