// What comes in: a batch opened, files uploaded into it and gone on with, the monitor, the batch's
// place and people, and what waits. By keys, but for the choosing of files, which is the system's.
import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { ok, person, screen, step } from './stage.mjs';

/** A grey picture of 16 x 16 pixels, as a PNG. */
function picture(grey) {
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        const out = Buffer.alloc(body.length + 8);
        out.writeUInt32BE(data.length, 0);
        body.copy(out, 4);
        out.writeUInt32BE(crc32(body), body.length + 4);
        return out;
    };
    const head = Buffer.from([0, 0, 0, 16, 0, 0, 0, 16, 8, 0, 0, 0, 0]);
    const rows = Buffer.concat(
        Array.from({ length: 16 }, (_, y) => Buffer.from([0, ...Array(16).fill(grey + y)])),
    );
    return Buffer.concat([
        Buffer.from('89504e470d0a1a0a', 'hex'),
        chunk('IHDR', head),
        chunk('IDAT', deflateSync(rows)),
        chunk('IEND', Buffer.alloc(0)),
    ]);
}

function crc32(bytes) {
    let crc = ~0;
    for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
}

const FILES = [20, 90, 160].map((grey) => ({
    name: `grey-${grey}.png`,
    mimeType: 'image/png',
    buffer: picture(grey),
}));
const EMPTY = { name: 'empty.png', mimeType: 'image/png', buffer: Buffer.alloc(0) };

async function upload() {
    const ina = await person('intake');
    await ina.open('Upload');
    await ina.choose('New batch');
    await ina.page.getByLabel('Name of the batch').focus();
    await ina.page.keyboard.type('By upload');
    await ina.choose('Open batch');
    await ina.page.waitForSelector('.drop');
    await ina.page.locator('.of-files summary').first().focus();
    await ina.key('Enter');
    await ina.page.getByLabel('Source URL').focus();
    await ina.page.keyboard.type('https://shore.example/a');
    await ina.page.locator('#pick-files').setInputFiles(FILES);
    await ina.page.waitForSelector('text=Nothing left to send.', { timeout: 20_000 });
    ok(
        (await ina.page.locator('.file-done').count()) === 3,
        'three files are uploaded and taken in',
        await ina.page.locator('.file-list').innerText(),
    );
    await screen(ina, 'upload');
    await ina.page.locator('#pick-files').setInputFiles([EMPTY]);
    await ina.page.waitForSelector('.file-failed');
    ok(true, 'an empty file is refused in words');
    ok((await ina.page.locator('main img, main canvas').count()) === 0, 'no preview is shown');
}

async function monitor() {
    const ina = await person('intake');
    await ina.open('Intake');
    await ina.page.waitForSelector('td:has-text("By upload")');
    const row = await ina.page.locator('tr:has-text("By upload")').innerText();
    ok(/By upload\s+3\s+3\s+0/.test(row), 'the monitor counts what came in', row);
    await screen(ina, 'intake');
}

async function batches() {
    const ina = await person('intake');
    await ina.open('Batches');
    await ina.choose('Open By upload');
    await ina.page.waitForSelector('.card h2');
    await ina.choose('Make a signed receipt');
    const receipt = ina.page.getByRole('link', { name: 'By-upload.receipt.json.minisig' });
    await receipt.waitFor();
    await receipt.focus();
    const saved = ina.page.waitForEvent('download');
    await ina.key('Enter');
    const signed = await readFile(await (await saved).path(), 'utf8');
    ok(
        signed.startsWith('untrusted comment:'),
        'a batch’s receipt can be saved with its signature',
    );
    await ina.page.getByLabel('Priority').selectOption('urgent');
    await ina.choose('Set its place');
    await ina.page.waitForSelector('tr:has-text("By upload") td:has-text("urgent")');
    await ina.page.locator('.card .choice input').first().focus();
    await ina.key('Space');
    await ina.choose('Set who may see it');
    await ina.page.waitForFunction(
        () => !document.querySelector('tr:nth-child(1)')?.innerText.includes('everybody'),
    );
    ok(true, 'priority and people of a batch are changed by keys');
    await screen(ina, 'batch-details');
    await ina.open('Home');
    await ina.page.waitForSelector('h2:has-text("Waiting for you")');
    await screen(ina, 'home-intake');
}

export async function intake() {
    await step('files are uploaded', upload);
    await step('the intake monitor', monitor);
    await step('a batch is kept', batches);
}
