// Every screen of every person of the demo: something to show, axe clean, no wider than its window.
//
//   ASSAY_URL, ASSAY_LINKS  as for run.mjs, of a workspace made by `assay demo`
//   ASSAY_SHOTS             a folder for a picture of each screen at both sizes (optional)
//
// Prints TAP. Run by `with_server.py BUILD demo:120 node demo.mjs`.
import { browser, links, ok, people, person, shots, step, tally } from './stage.mjs';

const SIZES = [
    { width: 1024, height: 700 },
    { width: 1440, height: 900 },
];

// Which parts of which screens may say that they are empty in a demo, and why.
const MAY_BE_EMPTY = [
    ['home', 'Nothing waits for you.', 'welfare and others whose work no queue holds'],
    ['intake', 'Nobody is uploading.', 'the demo comes by the command'],
    ['item', 'You may yet read this task blind', 'the point of a blind reading'],
    ['later', 'Nothing is put off.', 'the second assessor has no open shift'],
    ['shift', 'No shift is open.', 'of the second assessor, and of a lead who settled nothing yet'],
    ['corrections', 'There is nothing to correct.', 'the only correction is the assessor’s'],
];

/** Go to a screen by its address and wait until it has loaded what it shows. */
async function visit(who, address) {
    await who.page.evaluate((a) => {
        location.hash = a;
    }, address);
    await settled(who);
}

async function settled(who) {
    await who.page.waitForTimeout(60);
    await who.page.waitForFunction(
        () =>
            document.querySelector('main, .assess') !== null &&
            !/^Loading\.$/m.test(document.body.innerText),
    );
    await who.page.waitForTimeout(120);
}

/** What of this page is wider than the room it has, in words. */
function tooWide(who) {
    return who.page.evaluate(() => {
        const places = [
            document.documentElement,
            ...document.querySelectorAll('main, .side, .scroll'),
        ];
        return places
            .filter((p) => p.scrollWidth > p.clientWidth)
            .map((p) => `${p.tagName} ${p.className}: ${p.scrollWidth} in ${p.clientWidth}`);
    });
}

/** All that is asked of a screen as it stands now, and its pictures. */
async function look(who, name, problemsMax = 0) {
    const screen = name.split('-')[0];
    const said = await who.page.locator('main .empty, .assess .empty').allInnerTexts();
    const excused = MAY_BE_EMPTY.filter(([s]) => s === screen).map(([, words]) => words);
    const empty = said.filter((words) => !excused.some((e) => words.startsWith(e)));
    const problems = await who.page.locator('.problem').allInnerTexts();
    ok(
        empty.length === 0 && problems.length <= problemsMax,
        `${who.name}: ${name} has something to show`,
        [...empty, ...problems].join('\n'),
    );
    const broken = await who.axe();
    ok(broken.length === 0, `${who.name}: axe finds nothing on ${name}`, broken.join('\n'));
    const wide = [];
    for (const size of SIZES) {
        await who.page.setViewportSize(size);
        await who.page.waitForTimeout(60);
        for (const words of await tooWide(who)) wide.push(`${size.width}: ${words}`);
        if (shots !== '')
            await who.page.screenshot({ path: `${shots}/${who.name}-${name}-${size.width}.png` });
    }
    ok(wide.length === 0, `${who.name}: ${name} fits both windows`, wide.join('\n'));
}

/** The number of an item of several pictures that was decided, found as people find it: by text. */
async function itemOfSeveral() {
    const auditor = await person('auditor');
    return auditor.page.evaluate(async () => {
        const search = await fetch('/api/v1/record/search', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ action: 'decision.made', count: 200 }),
        }).then((r) => r.json());
        const ids = search.entries
            .flatMap((e) => e.entry.objects)
            .filter((o) => o.startsWith('item:'))
            .map((o) => o.slice(5));
        for (const id of new Set(ids)) {
            const item = await fetch(`/api/v1/items/${id}`).then((r) => r.json());
            if (item.picture?.facets.length > 0) return id;
        }
        return null;
    });
}

async function everyScreen(name, item) {
    const who = await person(name);
    await settled(who);
    const addresses = await who.page.evaluate(() =>
        [...document.querySelectorAll('nav ul a')].map((a) => a.getAttribute('href')),
    );
    for (const address of addresses) {
        await visit(who, address);
        if ((await who.page.locator('.assess').count()) > 0 && (await hasShift(who)))
            await who.nextItem();
        if (address === '#/upload') {
            await who.page.locator('main select').first().selectOption({ index: 1 });
            await settled(who);
        }
        await look(who, address.replace('#/', ''));
        if (address === '#/item') {
            await visit(who, `#/item/${item}`);
            await look(who, 'item-record');
            ok(
                /frame \d|embedded thumbnail|transparency|behind the end/.test(
                    await who.page.locator('.told').first().innerText(),
                ),
                `${name}: the item's other pictures are named in words`,
            );
        }
        const open = who.page.locator('main button[aria-label^="Open "]');
        if (address === '#/batches' && (await open.count()) > 0) {
            await open.first().click();
            await settled(who);
            await look(who, 'batches-open');
        }
    }
    const violations = await who.violations();
    ok(violations.length === 0, `${name}: no CSP violation`, violations.join('\n'));
    // Who has no open shift is told so on Assess; the browser logs that answer.
    const problems = who.problems.filter((p) => name !== 'assessor2' || !/status of 409/.test(p));
    ok(problems.length === 0, `${name}: no exception or error`, problems.join('\n'));
}

async function hasShift(who) {
    for (let n = 0; n < 40; n++) {
        const { tile, shows } = await who.stage();
        if (tile.startsWith('No task')) return false;
        if (shows === 'cover' || tile !== '') return true;
        await who.page.waitForTimeout(50);
    }
    return false;
}

let item = null;
await step('an item of several pictures', async () => {
    item = await itemOfSeveral();
    ok(item !== null, 'a decided item of several pictures is found by the record');
});
for (const name of Object.keys(links)) await step(name, () => everyScreen(name, item));
await step('an escalated item', async () => {
    const lead = await person('lead');
    await visit(lead, '#/escalations');
    await lead.choose('Open, covered');
    await lead.nextItem();
    await look(lead, 'escalated');
});
await step('without the server', async () => {
    const lead = await person('lead');
    await lead.context.setOffline(true);
    for (const address of ['#/batches', '#/guidance', '#/release', '#/lots']) {
        await lead.page.evaluate((to) => {
            location.hash = to;
        }, address);
        await lead.page.waitForSelector('main .problem');
        const words = await lead.page.locator('main .problem').first().innerText();
        ok(/does not answer/.test(words), `${address} says that the server does not answer`, words);
    }
    await look(lead, 'offline', 1);
    await lead.context.setOffline(false);
    await lead.choose('Try again');
    await lead.page.waitForSelector('main table');
    ok(true, 'its button tries again');
});
ok(people.size === Object.keys(links).length, 'every person of the demo was there');
await browser.close();
console.log(`1..${tally.count}`);
process.exit(tally.failed === 0 ? 0 : 1);
