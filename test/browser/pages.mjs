// The pages that work by text: the lead's own shift end, the record of an item, superseding, the
// record and its proofs, schemes, settings, keys, people. By keys only, as all of it.
import { hideFrom, links, ok, person, screen, step } from './stage.mjs';

const REASON = 'The sea was taken for a lake.';

/** The server's answer to a question that the page asks as its person. */
function ask(who, path, body) {
    return who.page.evaluate(
        ([p, b]) =>
            fetch(`/api/v1${p}`, {
                method: b === null ? 'GET' : 'POST',
                headers: b === null ? {} : { 'Content-Type': 'application/json' },
                body: b === null ? undefined : JSON.stringify(b),
            }).then((r) => r.json()),
        [path, body ?? null],
    );
}

/** Type into the field of this label, as a person who found it by Tab. */
async function write(who, label, words) {
    await who.page.getByLabel(label, { exact: false }).first().focus();
    await who.page.keyboard.press('Control+a');
    await who.page.keyboard.type(words);
}

/** Bring this part of the page to its middle, for the picture of the screen. */
function bring(who, selector) {
    return who.page
        .locator(selector)
        .first()
        .evaluate((part) => part.scrollIntoView({ block: 'center' }));
}

async function shiftEnd() {
    const lena = await person('lead');
    await lena.open('Shift end');
    await lena.page.waitForSelector('.statement');
    await screen(lena, 'lead-shift-end');
    await lena.submitShift();
    ok(true, 'a lead submits the shift that holds what they settled');
}

async function firstItem(who) {
    const { entries } = await ask(who, '/record/search', { action: 'release.approved', count: 1 });
    const found = await ask(who, '/record/search', { action: 'decision.made', count: 200 });
    ok(entries.length === 1, 'the approval of the release is found in the record');
    const counts = new Map();
    for (const e of found.entries)
        for (const o of e.entry.objects)
            if (o.startsWith('item:')) counts.set(o.slice(5), (counts.get(o.slice(5)) ?? 0) + 1);
    return [...counts.keys()];
}

/** The first of these items that is passed and in a release. */
async function released(who, ids) {
    let item = null;
    for (const id of ids) {
        item = await ask(who, `/items/${id}`);
        if (item.tasks[0].state === 'passed' && item.tasks[0].releases.length > 0) break;
    }
    return item;
}

async function itemRecord() {
    const odo = await person('auditor');
    const ids = await firstItem(odo);
    const lena = await person('lead');
    const item = await released(lena, ids);
    ok(item.tasks[0].releases.length > 0, 'an item knows the release that it went out in');
    await lena.open('Item record');
    await screen(lena, 'item-search');
    await write(lena, 'Id of an item', 'no hash at all');
    await lena.key('Enter');
    await lena.page.waitForSelector('.problem');
    ok(
        (await lena.page.locator('.problem').innerText()).includes('hex digits'),
        'what is no id and no hash is said to be none',
    );
    await write(lena, 'Id of an item', '5'.repeat(64)); // zeros are the PDQ of a plain picture
    await lena.key('Enter');
    await lena.page.waitForSelector('.notice');
    await write(lena, 'Id of an item', item.sha256);
    await lena.key('Enter');
    await lena.page.waitForSelector('#what');
    await lena.page.waitForSelector('.mark');
    ok(
        (await lena.page.locator('.told code').first().innerText()) === item.sha256,
        'an item is found by its SHA-256',
    );
    ok(
        (await lena.page.locator('img, canvas, video').count()) === 0,
        'the record of an item shows no picture',
    );
    await screen(lena, 'item-record');
    const before = (await lena.page.content()).includes('.jpg');
    await lena.choose('Show names, URLs and notes');
    await lena.page.waitForSelector('h3:has-text("Names, URLs and notes")');
    const after = await lena.page.locator('.cards .told').first().innerText();
    ok(!before && after.includes('Path'), 'names are shown only when they are asked for');
    await lena.choose('Supersede the decision that stands');
    await lena.page.waitForSelector('.follows');
    ok(
        (await lena.page.locator('.follows').innerText()).includes('written'),
        'what follows from superseding is said before it is done',
    );
    await lena.page.getByLabel('Winter').or(lena.page.getByRole('checkbox').last()).first().focus();
    await lena.key('Space');
    await write(lena, 'Why, in one sentence', REASON);
    await screen(lena, 'supersede');
    await hideFrom(lena, 'superseding form');
    await lena.choose('Supersede, as said above');
    await lena.page.waitForFunction(
        (words) => document.body.innerText.includes(words),
        `“${REASON}”`,
    );
    const now = await ask(lena, `/items/${item.item}`);
    ok(
        now.tasks[0].decisions.length === item.tasks[0].decisions.length + 1 &&
            now.tasks[0].decisions.at(-1).stands,
        'a passed decision is superseded by keys',
    );
}

async function lookUp() {
    const odo = await person('auditor');
    const { sha256 } = await released(odo, await firstItem(odo));
    await odo.open('Look up');
    await write(odo, 'Hashes', `${sha256}\n${'9'.repeat(40)}\nno hash at all`);
    await odo.choose('Look up');
    await odo.page.waitForSelector('#answers');
    const said = await odo.page.locator('section.scroll').innerText();
    ok(said.includes('own decisions'), 'a graded file is found among own decisions', said);
    ok(
        said.includes('No match') && said.includes('Cannot be searched'),
        'what is not found and what cannot be searched are told apart',
    );
    await screen(odo, 'lookup');
    await odo.page.setInputFiles('#lookup-file', {
        name: 'note.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('no picture'),
    });
    await odo.page.waitForSelector('dt:has-text("Type")');
    ok(
        (await odo.page.locator('main').innerText()).includes('only its exact bytes'),
        'a file is looked up and it is said what was not',
    );
    ok(
        (await odo.page.locator('img, canvas, video').count()) === 0,
        'a file that is looked up is not shown',
    );
    await bring(odo, '#answers');
    await screen(odo, 'lookup-file');
}

/** What is chosen as a file of hashes. */
function listFile(who, selector, text) {
    return who.page.setInputFiles(selector, {
        name: 'hashes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from(text),
    });
}

async function lists() {
    const lena = await person('lead');
    await lena.open('Lists');
    await lena.page.waitForSelector('#list-name');
    await write(lena, 'Name', 'partner-1');
    await write(lena, 'Source', 'A partner');
    await listFile(lena, '#new-list-file', `${'9a'.repeat(20)}\nno hash\n${'9b'.repeat(16)}\n`);
    await lena.page.waitForSelector('.card .problem');
    ok(
        (await lena.page.locator('.card').innerText()).includes('2 records can be used'),
        'a list’s file is looked through before anything is taken',
    );
    await bring(lena, '.card');
    await screen(lena, 'list-check');
    await lena.choose('Make the list and import, leaving out 1 line');
    await lena.page.waitForSelector('button[aria-label="Open partner-1"]');
    await lena.choose('Open partner-1');
    await lena.page.waitForSelector('#off-hash');
    await write(lena, 'Switch a hash off', '9a'.repeat(20));
    await lena.page.locator('#off-reason').focus();
    await lena.page.keyboard.type('A blank page');
    await lena.choose('Switch off');
    await lena.page.waitForSelector('button:has-text("Switch on")');
    ok(
        (await lena.page.locator('.card').innerText()).includes('A blank page'),
        'a hash is switched off with its reason',
    );
    await screen(lena, 'lists');
    await hideFrom(lena, 'lists');
    await lena.choose('Switch on 9a9a');
    await lena.page.waitForSelector('button:has-text("Switch on")', { state: 'detached' });
    await write(lena, 'Remove the list', 'partner-1');
    await lena.choose('Remove');
    await lena.page.waitForSelector('button[aria-label="Open partner-1"]', { state: 'detached' });
    ok(true, 'a list is removed by its name');
}

/** Until what the page asks for is there. */
async function until(what) {
    const end = Date.now() + 60_000;
    while (!(await what())) {
        if (Date.now() > end) throw new Error('it does not come');
        await new Promise((done) => setTimeout(done, 200));
    }
}

async function guards() {
    const odo = await person('auditor');
    const { item, sha256 } = await released(odo, await firstItem(odo));
    const lena = await person('lead');
    await lena.open('Lists');
    await lena.page.waitForSelector('#list-name');
    await write(lena, 'Name', 'keep-1');
    await lena.page.selectOption('#list-kind', 'never_export');
    await write(lena, 'Why its files are held back', 'A partner asked for it');
    await listFile(lena, '#new-list-file', `sha256:${sha256}\n`);
    await lena.choose('Make the list and import');
    await until(async () => {
        const { candidates } = await ask(odo, '/releases');
        return candidates.some((c) => c.guarded.length > 0);
    });
    await odo.open('Release');
    await odo.page.waitForSelector('summary:has-text("held back by a list")');
    await odo.choose('1 item held back');
    const said = await odo.page.locator('details[open]').first().innerText();
    ok(
        said.includes(item) && said.includes('A partner asked for it'),
        'an item that a list holds back is named with the reason',
        said,
    );
    await screen(odo, 'release-guarded');
    await odo.page.evaluate((id) => location.assign(`#/item/${id}`), item);
    await odo.page.waitForSelector('#matches');
    await until(async () =>
        (await odo.page.locator('section:has(> #matches)').innerText()).includes('held back'),
    );
    await bring(odo, '#matches');
    await screen(odo, 'item-matches');
}

async function blindRecord() {
    const quentin = await person('quality');
    await quentin.open('Item record');
    await quentin.page.waitForSelector('#item-query');
    ok(true, 'a reader may look for items');
}

async function record() {
    const odo = await person('auditor');
    await odo.open('Record');
    await odo.page.waitForSelector('.entries li');
    await odo.choose('Prove the record whole');
    await odo.page.waitForSelector('section [role="status"].good');
    ok(true, 'the record is proved whole from the console');
    await odo.page.waitForFunction(() => document.body.innerText.includes('whole, '));
    ok(true, 'the last verification is told');
    await screen(odo, 'record');
    await odo.page.getByLabel('What').focus();
    await odo.page.selectOption('#find-action', 'release.approved');
    await odo.choose('Find');
    await odo.page.waitForFunction(() => document.querySelectorAll('.entries li').length === 1);
    await odo.page.locator('.entry-line').focus();
    await odo.key('Enter');
    await odo.page.waitForSelector('.entry-details');
    await bring(odo, '.entry-details');
    await screen(odo, 'record-entry');
    for (const name of ['The entry', 'Its proof']) {
        const href = await odo.page.getByRole('link', { name }).getAttribute('href');
        const answer = await odo.page.evaluate(
            (h) => fetch(h).then(async (r) => [r.status, await r.text()]),
            href,
        );
        ok(answer[0] === 200, `${name} … can be fetched`, answer.join(' '));
        if (name === 'Its proof')
            ok(answer[1].startsWith('c2sp.org/tlog-proof@v1\n'), 'the proof is a C2SP tlog-proof');
    }
    await odo.page.selectOption('#find-action', '');
    await write(odo, 'Who', 'nobody-here');
    await odo.choose('Find');
    await odo.page.waitForSelector('.problem');
    ok(true, 'a person who is not here is said not to be');
}

async function schemes() {
    const adam = await person('admin');
    await adam.open('Schemes');
    await adam.page.waitForSelector('.card');
    await adam.choose('Version 1 of training-landscapes');
    await adam.page.waitForSelector('.card table');
    await screen(adam, 'schemes');
    const { scheme } = await ask(adam, '/schemes/training-landscapes');
    const put = (text) =>
        adam.page.setInputFiles('#scheme-file', {
            name: 'scheme.json',
            mimeType: 'application/json',
            buffer: Buffer.from(text),
        });
    await put('{\n  "name": 7\n}');
    await adam.page.waitForSelector('.card .problem');
    ok(
        (await adam.page.locator('.card .problem').innerText()).includes('line 2'),
        'a scheme file that is wrong is refused with its line',
    );
    await bring(adam, '.card .problem');
    await screen(adam, 'scheme-refused');
    scheme.version += 1;
    scheme.codes[0].label = `${scheme.codes[0].label}, of the sea`;
    await put(JSON.stringify(scheme, null, 2));
    await adam.page.waitForSelector('.changes');
    ok(
        (await adam.page.locator('.changes').innerText()).includes('of the sea'),
        'a new version is compared with the one in force before it is taken',
    );
    await bring(adam, '.changes');
    await screen(adam, 'scheme-preview');
    await adam.choose(`Take version ${scheme.version}`);
    await adam.page.waitForFunction(
        (v) => document.body.innerText.includes(`Version ${v} is in force`),
        scheme.version,
    );
    ok(true, 'a scheme version is taken from a file and in force at once');
}

async function settings() {
    const adam = await person('admin');
    await adam.open('Settings');
    await adam.page.waitForSelector('.settings li');
    await adam.choose('Change decode.wall_s');
    await adam.page.waitForSelector('#setting-decode\\.wall_s');
    await adam.page.keyboard.press('Control+a');
    await adam.page.keyboard.type('30');
    await screen(adam, 'settings');
    await adam.key('Enter');
    await adam.page.waitForFunction(() => document.body.innerText.includes('the standard is 20'));
    ok(true, 'a setting is changed by keys, within its bounds');
}

async function keysAndPeople() {
    const adam = await person('admin');
    await adam.open('Keys');
    await adam.page.waitForSelector('table');
    await screen(adam, 'keyring');
    await adam.open('Backups');
    await adam.page.waitForSelector('#state');
    await screen(adam, 'backups');
    ok(
        (await adam.page.locator('.notice').count()) === 2,
        'that no backup was made and no restore tried is said, with what to do',
    );
    await adam.open('People');
    await adam.page.waitForSelector('table');
    await adam.choose('Change ');
    await adam.page.waitForSelector('form.card');
    await bring(adam, 'form.card');
    await screen(adam, 'people-change');
    ok(
        (await adam.page.getByRole('button', { name: 'Save' }).isDisabled()) === true,
        'nothing is saved when nothing was changed',
    );
}

export async function pages() {
    await step('the lead’s own shift end', shiftEnd);
    if (links.auditor === undefined || links.admin === undefined) {
        console.log('# left out: no sign-in links for auditor and admin');
        return;
    }
    await step('the record of an item', itemRecord);
    await step('looking up', lookUp);
    await step('lists', lists);
    await step('what a list holds back', guards);
    await step('what a reader may look for', blindRecord);
    await step('the record', record);
    await step('the schemes', schemes);
    await step('the settings', settings);
    await step('keys and people', keysAndPeople);
}
