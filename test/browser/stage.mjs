// What every topic of the browser tests uses: points in TAP, people, pictures of screens, grading.
import { mkdirSync } from 'node:fs';
import { openBrowser, Person } from './lib.mjs';

export const url = (process.env.ASSAY_URL ?? '').replace(/\/$/, '');
if (url === '' || !process.env.ASSAY_LINKS) {
    console.log('1..0 # SKIP ASSAY_URL and ASSAY_LINKS are not set: no server to test against');
    process.exit(77);
}
export const links = JSON.parse(process.env.ASSAY_LINKS);
export const shots = process.env.ASSAY_SHOTS ?? '';
if (shots !== '') mkdirSync(shots, { recursive: true });

const HIDE_TIMES = 10; // from each place
const NOT_SHOWN = process.env.ASSAY_NOT_SHOWN; // how many files cannot be shown

export const tally = { count: 0, failed: 0 };

export function ok(good, name, detail = '') {
    tally.count += 1;
    if (!good) tally.failed += 1;
    console.log(`${good ? 'ok' : 'not ok'} ${tally.count} - ${name}`);
    if (!good && detail !== '') console.log(`# ${String(detail).replaceAll('\n', '\n# ')}`);
}

export async function step(name, what) {
    try {
        await what();
    } catch (problem) {
        ok(false, name, problem.stack ?? problem);
    }
}

export const browser = await openBrowser();
export const people = new Map();
export const times = { next_cover_ms: [], reveal_sharp_ms: [], hide_ms: {} };

export async function person(role) {
    if (links[role] === undefined) throw new Error(`no sign-in link for ${role}`);
    if (!people.has(role)) people.set(role, await Person.open(browser, url, role, links[role]));
    return people.get(role);
}

// Before sign-in, on the plain sheet and after a break nothing is said.
const NO_STATUS = ['sign-in', 'hidden', 'break'];

export async function screen(who, name) {
    const broken = await who.axe();
    ok(broken.length === 0, `axe finds nothing on ${name}`, broken.join('\n'));
    if (!NO_STATUS.includes(name)) {
        const words = await who.page
            .locator('.not-shown')
            .innerText({ timeout: 20_000 })
            .catch(() => '');
        ok(words.startsWith(`${NOT_SHOWN} file`), `${name} says what is not shown`, words);
    }
    if (shots === '') return;
    await who.page.screenshot({ path: `${shots}/${name}.png` });
    if (process.env.ASSAY_SHOTS_SMALL) {
        await who.page.setViewportSize({ width: 1024, height: 700 });
        await who.page.waitForTimeout(100);
        await who.page.screenshot({ path: `${shots}/${name}-1024.png` });
        await who.page.setViewportSize({ width: 1440, height: 900 });
    }
}

/** Esc from this place to the covered frame, some times, each time gone on from by Enter. */
export async function hideFrom(who, place) {
    await who.times();
    for (let n = 0; n < HIDE_TIMES; n++) {
        await who.key('Escape');
        await who.page.waitForTimeout(80);
        if (n === 0)
            ok(!(await who.page.locator('.shell').isVisible()), `Esc hides everything: ${place}`);
        await who.key('Enter');
        await who.page.waitForTimeout(40);
    }
    times.hide_ms[place] = (await who.times()).filter((t) => t.kind === 'hidden').map((t) => t.ms);
}

/** Training schemes grade by digits; tags by the letters that the tag panel shows. */
export async function grade(who, key) {
    await who.key(key);
    const at = await who.stage();
    if (at.mode !== 'tags') return;
    // The first value of each needed group, by the key that stands on it.
    for (;;) {
        const letter = await who.page.evaluate(() => {
            const needed = document.querySelector('.group:has(.is-needed)');
            return needed?.querySelector('.value kbd')?.textContent ?? null;
        });
        if (letter === null) break;
        await who.key(letter);
    }
    await who.key('Enter');
}
