// axe on every page and state, in each language and each theme: nothing is found.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessibility, choose, close, isClean, open, person } from "../kit/browser.mjs";
import { PAGES, visit } from "../kit/pages.mjs";
import { STATES, makeWorld } from "../kit/world.mjs";

let demo, browser, world;
before(async () => {
  [demo, browser] = await open();
  world = await makeWorld(demo);
});
after(() => close(demo, browser));

// Each language and each theme once: no colour depends on the language, and no text on the theme.
for (const [language, theme] of [["pt-BR", "light"], ["en", "dark"]]) {
  test(`pages in ${language}, ${theme}`, async () => {
    const found = [];
    for (const width of [1440, 390]) {
      const viewport = { width, height: 900 };
      const guest = await person(browser, demo, { viewport });
      const ana = await person(browser, demo, { name: "ana", role: "super_admin", viewport });
      for (const { context } of [guest, ana]) { await choose(context, demo.url, { language, theme }); }
      for (const one of PAGES) {
        const { page } = one.guest ? guest : ana;
        await visit(page, one, world);
        found.push(...(await accessibility(page)).map((line) => `${one.name} ${width}: ${line}`));
        const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        if (isWide) { found.push(`${one.name} ${width}: is wider than the window`); }
      }
      for (const state of STATES.filter((state) => !state.away)) {
        await state.enter(ana.page, world);
        found.push(...(await accessibility(ana.page)).map((line) => `${state.name} ${width}: ${line}`));
        await state.leave?.(ana.page);
      }
      for (const { context, seen } of [guest, ana]) { isClean(seen); await context.close(); }
    }
    assert.equal([...new Set(found)].join("\n"), "");
  });
}
