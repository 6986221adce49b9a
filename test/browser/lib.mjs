// What the browser tests stand on: Chromium, a watched page per role, keys only, axe, timings.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The tests have no packages of their own: they use the console's.
const require = createRequire(new URL('../../console/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const CHROMIUM_FLAGS = [
    '--no-sandbox', // the tests may run as root
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

export function openBrowser() {
    return chromium.launch({
        executablePath: process.env.ASSAY_CHROMIUM ?? '/usr/bin/chromium',
        args: CHROMIUM_FLAGS,
    });
}

/** Runs in the page before the console: from key press to the frame that shows its effect. */
function watchPaints() {
    window.assayTimes = [];
    window.assayViolations = [];
    let last = { key: '', at: 0 };
    addEventListener(
        'keydown',
        (e) => {
            if (!e.repeat) last = { key: e.key, at: e.timeStamp };
        },
        { capture: true },
    );
    addEventListener('securitypolicyviolation', (e) => {
        window.assayViolations.push(`${e.violatedDirective} ${e.blockedURI}`);
    });
    const painted = (kind, press) =>
        requestAnimationFrame(() => {
            // A task queued in a frame's callback runs after that frame's pixels are handed on.
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () =>
                window.assayTimes.push({ kind, key: press.key, ms: performance.now() - press.at });
            port2.postMessage(null);
        });
    new MutationObserver((changes) => {
        for (const { target, attributeName } of changes) {
            const shows = target.dataset?.shows;
            if (attributeName === 'data-item') painted('item', last);
            else if (attributeName === 'data-shows' && shows === 'small_grey')
                painted('sharp', last);
            else if (
                attributeName === 'class' &&
                target === document.documentElement &&
                target.classList.contains('is-hidden')
            )
                painted('hidden', last);
        }
    }).observe(document, {
        subtree: true,
        attributes: true,
        attributeFilter: ['data-item', 'data-shows', 'class'],
    });
}

/** Size and number of colour channels from a JPEG's frame header; null if it has none. */
export function jpegFrame(bytes) {
    let at = 2;
    while (at + 9 < bytes.length && bytes[at] === 0xff) {
        const marker = bytes[at + 1];
        const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
        if (frame)
            return {
                height: bytes.readUInt16BE(at + 5),
                width: bytes.readUInt16BE(at + 7),
                channels: bytes[at + 9],
            };
        at += 2 + bytes.readUInt16BE(at + 2);
    }
    return null;
}

/** A page of one person: everything it is sent and everything it complains of is kept. */
export class Person {
    constructor(name, context, page, url) {
        Object.assign(this, { name, context, page, url });
        this.held = new Set();
        this.pictures = [];
        this.problems = [];
    }

    static async open(browser, url, name, link) {
        const context = await browser.newContext({
            viewport: { width: 1440, height: 900 },
            reducedMotion: 'reduce',
        });
        context.setDefaultTimeout(60_000); // a busy machine is no failure
        await context.addInitScript(watchPaints);
        const person = new Person(name, context, await context.newPage(), url);
        person.watch();
        const token = link?.replace(/^.*#link=/, '');
        await person.page.goto(token === undefined ? url : `${url}/#link=${token}`);
        if (token !== undefined) await person.page.waitForSelector('nav, .assess');
        return person;
    }

    watch() {
        const { page } = this;
        page.on('dialog', (d) => {
            this.problems.push(`dialog: ${d.message()}`);
            void d.dismiss();
        });
        page.on('pageerror', (e) => this.problems.push(`exception: ${e.message}`));
        page.on('console', (m) => {
            if (m.type() !== 'error' || /status of (401|422)/.test(m.text())) return;
            // A ticket that ran out, or whose task went back, before a slow machine used it: the
            // console takes a new one.
            const isTicket = m.location().url.includes('/api/v1/pictures/');
            if (!(isTicket && /status of 403/.test(m.text())))
                this.problems.push(`console: ${m.text()} ${m.location().url}`);
        });
        page.on('request', (r) => {
            if (!r.url().includes('/api/v1/pictures/')) return;
            this.pictures.push({ request: r, held: [...this.held], bytes: Buffer.alloc(0) });
        });
    }

    /** Each picture that came: the rendition by its header, its frame, and what was held. */
    async sent() {
        const out = [];
        for (const { request, held } of this.pictures) {
            const answer = await request.response().catch(() => null);
            if (answer?.status() === 200)
                out.push({ rendition: answer.headers()['assay-rendition'] ?? '', held });
        }
        return out;
    }

    /**
     * Keep the bytes of each picture from now on. They are taken on the way, which costs time: not
     * for a run whose times count. (The browser itself keeps nothing of what may not be stored.)
     */
    async keepBytes() {
        this.bytes = [];
        await this.page.route('**/api/v1/pictures/*', async (route) => {
            const response = await route.fetch();
            const body = await response.body();
            this.bytes.push({
                rendition: response.headers()['assay-rendition'],
                size: body.length,
                frame: jpegFrame(body),
            });
            await route.fulfill({ response, body });
        });
    }

    key(key) {
        return this.page.keyboard.press(key);
    }

    async hold(keys, ms) {
        for (const key of keys) {
            this.held.add(key);
            await this.page.keyboard.down(key);
        }
        await this.page.waitForTimeout(ms);
        for (const key of [...keys].reverse()) {
            await this.page.keyboard.up(key);
            this.held.delete(key);
        }
    }

    /** Tab until the focused control's words begin like this. No mouse anywhere. */
    async tabTo(words) {
        for (let n = 0; n < 2500; n++) {
            // It may not have come yet.
            if (n % 250 === 249) await this.page.waitForTimeout(2000);
            const here = await this.page.evaluate(() => {
                const at = document.activeElement;
                return (at?.getAttribute('aria-label') ?? at?.innerText ?? '')
                    .replace(/\s+/g, ' ')
                    .trim();
            });
            if (here.startsWith(words)) return;
            await this.key('Tab');
        }
        throw new Error(`${this.name}: no control "${words}" can be reached by Tab`);
    }

    /** To the button that submits the shift, once the check finds nothing to put right: the way
     * back from the last item may still be under way when it is made first. */
    async toSubmit() {
        await this.page.waitForSelector('.statement');
        for (let n = 0; n < 60 && (await this.page.locator('.hold-button').isDisabled()); n++) {
            await this.choose('Check again');
            await this.page.waitForTimeout(1000);
        }
        await this.tabTo('Submit the shift');
    }

    async submitShift() {
        await this.toSubmit();
        await this.page.keyboard.down('Enter');
        await this.page.waitForSelector('h1:has-text("Submitted")');
        await this.page.keyboard.up('Enter');
    }

    async choose(words) {
        await this.tabTo(words);
        await this.key('Enter');
    }

    /** Follow a link of the navigation. */
    async open(title) {
        if (await this.page.locator('.assess').count()) {
            await this.choose('Leave');
            await this.page.waitForSelector('nav');
        }
        await this.page.locator('main').focus();
        await this.choose(title);
        await this.page.waitForTimeout(300);
    }

    stage() {
        return this.page.evaluate(() => {
            const stage = document.querySelector('.stage');
            return {
                item: stage?.dataset.item ?? '',
                shows: stage?.dataset.shows ?? '',
                mode: document.querySelector('.assess')?.dataset.mode ?? '',
                unsaved: Number(document.querySelector('[data-unsaved]')?.dataset.unsaved ?? 0),
                tile: document.querySelector('.tile')?.innerText ?? '',
                said: document.querySelector('.said')?.textContent ?? '',
            };
        });
    }

    /** Wait for an item that can be graded, or for the words that nothing waits. True: an item. */
    async nextItem() {
        for (let n = 0; n < 1200; n++) {
            const at = await this.stage();
            const ready = at.shows === 'cover' || at.tile.startsWith('There is no picture');
            // Longer than the guard that drops a key right after an item change.
            if (ready && (await this.page.locator('.codes').count()) > 0) {
                await this.page.waitForTimeout(170);
                return true;
            }
            if (at.tile.startsWith('Nothing waiting')) return false;
            if (at.tile.startsWith('No task')) throw new Error(`${this.name}: ${at.tile}`);
            await this.page.waitForTimeout(50);
        }
        throw new Error(`${this.name}: no item came: ${JSON.stringify(await this.stage())}`);
    }

    async allSaved() {
        await this.page.waitForFunction(
            () => document.querySelector('[data-unsaved]')?.dataset.unsaved === '0',
        );
    }

    /** Rules of WCAG 2.x A and AA that this page breaks, one line each. */
    async axe() {
        await this.page.evaluate(AXE);
        const found = await this.page.evaluate(() =>
            window.axe.run(document, {
                preload: false,
                runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
            }),
        );
        return found.violations.map(
            (v) =>
                `${v.id}: ${v.nodes
                    .map((n) => n.target.join(' '))
                    .slice(0, 3)
                    .join(', ')}`,
        );
    }

    times() {
        return this.page.evaluate(() => window.assayTimes.splice(0));
    }

    violations() {
        return this.page.evaluate(() => window.assayViolations);
    }
}

export function figures(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (p) =>
        Number(
            (sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? 0).toFixed(1),
        );
    return { n: sorted.length, median: at(0.5), p95: at(0.95), max: at(1) };
}
