// A page is under 100 KiB over the wire, with nothing kept from before.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { close, open, person } from "../kit/browser.mjs";
import { PAGES, visit } from "../kit/pages.mjs";

const MOST = 100 * 1024;
let demo, browser, world;
before(async () => {
  [demo, browser] = await open();
  await demo.break("vm-112");
  const finding = await demo.finding("112");
  await demo.pending(finding.id);
  world = { finding: finding.id, thread: finding.thread_id };
});
after(() => close(demo, browser));

test("a page is under 100 KiB", async () => {
  for (const one of PAGES) {
    const { context, page } = await person(browser, demo, one.guest ? {} : { name: "ana", role: "super_admin" });
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
    let bytes = 0;
    devtools.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await visit(page, one, world);
    await page.waitForLoadState("load");
    assert.ok(bytes > 1024 && bytes < MOST, `${one.name}: ${bytes} bytes`);
    console.log(`${one.name}: ${(bytes / 1024).toFixed(0)} KiB`);
    await context.close();
  }
});
