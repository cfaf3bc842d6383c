// node dashboard.mjs PROGRAM FOLDER: serves the database that the environment names and looks at the dashboard as people do:
// every page in both themes and at 360 pixels under axe; live figures without a reload; a restart of the server; on SQLite
// also states that data alone does not bring about. No console error, no request to elsewhere, no breach of the policy.
import { mkdirSync, readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { serve, start_browser } from './dashboard_server.mjs';

const [program, folder] = process.argv.slice(2);
const shots = process.env.GEM_SCREENSHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const patience = 20_000; // milliseconds
const first_visit_limit = 120 * 1024; // bytes, compressed
const on_dynamodb = process.env.DATABASE_PROVIDER === 'dynamodb';
const complaints = [];
const expect = (condition, what) => {
    if (!condition) complaints.push(what);
};
const example = (name) => readFileSync(new URL(`../../docs/openapi/examples/${name}.json`, import.meta.url), 'utf8');

// --- the server ------------------------------------------------------------------------------------------------------

/** Somebody stars a repository, now. */
let deliveries = 0;
async function star(url, login) {
    const body = JSON.stringify({
        action: 'created',
        starred_at: new Date().toISOString(),
        repository: { id: 700001, full_name: 'octo-org/hello-world', private: false },
        sender: { id: 900001, login, type: 'User' },
    });
    const headers = { 'content-type': 'application/json', 'x-github-event': 'star', 'x-github-delivery': `judge-${++deliveries}` };
    const answer = await fetch(`${url}/webhook`, { method: 'POST', body, headers });
    expect(answer.status === 202, `the webhook was answered ${answer.status}: ${await answer.text()}`);
}

// --- the browser -----------------------------------------------------------------------------------------------------

let outage = false; // the server is stopped on purpose: the browser's own complaints about that do not count

async function open(browser, url, options) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('console', (message) => {
        if (message.type() !== 'error' || outage) return;
        complaints.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => complaints.push(`page: ${error.stack}`));
    page.on('request', (request) => expect(request.url().startsWith(`${url}/`), `a request to ${request.url()}`));
    await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    return { context, page };
}

async function settled(page) {
    await page.waitForSelector('h1');
    await page.waitForFunction(() => !document.querySelector('.skeleton'), undefined, { timeout: patience });
}

/** Everything, or only what a theme changes: the contrast. */
async function axe(page, where, contrast_only = false) {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
    const builder = new AxeBuilder({ page });
    const { violations } = await (contrast_only ? builder.withRules('color-contrast') : builder.withTags(tags)).analyze();
    for (const { id, help, nodes } of violations) complaints.push(`axe, ${where}: ${id}: ${help}: ${nodes[0].html.slice(0, 200)} (${nodes.length})`);
}

const week = 'hours=168';
const pages = {
    overview: ['Overview', '#/'],
    'overview-2015': ['Overview', '#/?hours=1&until=2015-01-01T16:00:00Z'],
    surprise: ['Overview', '#/?order=score'],
    repositories: ['Repositories', '#/repositories'],
    repository: ['octo-org/hello-world', `#/repositories/octo-org/hello-world?${week}`],
    'repository-unknown': ['nobody/nothing', '#/repositories/nobody/nothing'],
    compare: ['Compare', `#/compare?repos=octo-org/hello-world,octo-org/spoon-knife,acme/rocket&${week}`],
    'compare-empty': ['Compare', '#/compare'],
    live: ['Live', '#/live'],
    alerts: ['Alerts', '#/alerts'],
    settings: ['Settings', '#/settings'],
    nowhere: ['There is no such page', '#/nowhere'],
};
const views = {
    light: { viewport: { width: 1360, height: 900 }, colorScheme: 'light' },
    dark: { viewport: { width: 1360, height: 900 }, colorScheme: 'dark' },
    narrow: { viewport: { width: 360, height: 740 }, colorScheme: 'light', hasTouch: true },
};

async function every_page(browser, url) {
    const looks = Object.keys(views).map(async (view) => {
        const { context, page } = await open(browser, url, { ...views[view], reducedMotion: 'reduce' });
        for (const [name, [title, hash]] of Object.entries(pages)) {
            await page.goto(`${url}/${hash}`);
            await settled(page);
            const where = `${name}, ${view}`;
            expect((await page.locator('h1').innerText()) === title, `${where}: the title is ${await page.locator('h1').innerText()}`);
            expect((await page.locator('.failure').count()) === 0, `${where}: ${await page.locator('.failure').allInnerTexts()}`);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            expect(wide <= 0, `${where}: ${wide} pixels too wide`);
            expect(await page.evaluate(() => document.getAnimations().length === 0), `${where}: moves though that is not wanted`);
            await axe(page, where, view === 'dark');
            if (shots) await page.screenshot({ path: `${shots}/${name}-${view}.png`, fullPage: true });
        }
        await context.close();
    });
    await Promise.all(looks);
}

/** What a browser fetches before it can ask for data, as it comes over the wire; and that nothing jumps when data comes. */
async function first_visit(browser, url) {
    const { context, page } = await open(browser, url, views.light);
    await page.addInitScript(() => {
        window.shifted = 0;
        const add = (list) => list.getEntries().forEach((entry) => (window.shifted += entry.value));
        new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
    });
    let bytes = 0;
    page.on('response', (response) => {
        if (!/\/(assets\/.*)?$/.test(new URL(response.url()).pathname)) return;
        bytes += Number(response.headers()['content-length']);
        expect(response.headers()['content-encoding'] === 'gzip', `${response.url()} came uncompressed`);
    });
    await page.goto(url);
    await settled(page);
    await page.locator('.chart canvas').waitFor({ timeout: patience });
    const shifted = await page.evaluate(() => window.shifted);
    expect(shifted < 0.05, `things move while the overview loads: a shift of ${shifted}`);
    expect(bytes > 10_000 && bytes <= first_visit_limit, `a first visit loads ${bytes} bytes`);
    await context.close();
    return bytes;
}

// --- what people do --------------------------------------------------------------------------------------------------

const stored = (page) => page.locator('.figure', { hasText: 'Events in the window' }).locator('b').innerText();
const grows = (page, before) =>
    page.waitForFunction((old) => {
        const figure = [...document.querySelectorAll('.figure')].find((each) => each.textContent.includes('Events in the window'));
        return figure && Number(figure.querySelector('b').textContent) > Number(old);
    }, before, { timeout: patience });
/** A page that lost its server waits up to 25 seconds before it asks again. */
const becomes = (page, state) => page.locator('.line', { hasText: state }).waitFor({ timeout: 3 * patience });

async function live_and_restart(browser, server) {
    const { context, page } = await open(browser, server.url, {});
    await page.goto(`${server.url}/#/`);
    await settled(page);
    await becomes(page, 'Live');
    await page.evaluate(() => (window.untouched = true));

    let before = await stored(page);
    const start = Date.now();
    await star(server.url, 'octo-live');
    await grows(page, before);
    const delay = Date.now() - start;

    outage = true;
    await server.stop();
    await page.locator('.banner', { hasText: 'not answering' }).waitFor({ timeout: patience });
    await axe(page, 'without the server');
    expect(Number(await stored(page)) > 0, 'figures vanish when the server does');
    const again = await serve(program, server.port);
    await becomes(page, 'Live');
    outage = false;
    before = await stored(page);
    await star(again.url, 'octo-again');
    await grows(page, before);
    expect(await page.evaluate(() => window.untouched === true), 'the page was loaded anew');

    await page.getByRole('link', { name: 'Live', exact: true }).click();
    await star(again.url, 'octo-feed');
    await page.locator('.feed li', { hasText: 'octo-feed starred it' }).waitFor({ timeout: patience });

    outage = true;
    await context.setOffline(true);
    await becomes(page, 'Offline');
    await context.setOffline(false);
    await becomes(page, 'Live');
    outage = false;
    await context.close();
    return { server: again, delay };
}

async function keyboard(browser, url) {
    const { context, page } = await open(browser, url, {});
    await page.goto(`${url}/#/`);
    await settled(page);
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
    await page.keyboard.press('Tab');
    expect((await focused()) === 'Skip to content', `the first stop is ${await focused()}`);
    for (let i = 0; i < 3; ++i) await page.keyboard.press('Tab');
    expect((await focused()) === 'Repositories', `the fourth stop is ${await focused()}`);
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'Repositories' }).waitFor();
    await page.getByLabel('Any repository').fill('octo-org/spoon-knife');
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'octo-org/spoon-knife' }).waitFor();
    await page.goBack();
    await page.locator('h1', { hasText: 'Repositories' }).waitFor();
    await page.getByLabel('Theme').selectOption('dark');
    await page.reload();
    expect((await page.evaluate(() => document.documentElement.dataset.theme)) === 'dark', 'the chosen theme is forgotten');
    const utc = await page.evaluate(() => [...document.querySelectorAll('time')].every((time) => time.title.endsWith('UTC')));
    expect(utc, 'a time does not tell UTC');
    await context.close();
}

/** Answers in place of the server's: what this database does not hold, as docs/openapi/examples has it, and failures. */
async function other_states(browser, url) {
    const looks = Object.entries(views).map(async ([view, options]) => {
        const { context, page } = await open(browser, url, options);
        const answers = {
            '**/commits/recent?**': 'get_commits_recent',
            '**/commits/summary?**': 'get_commits_summary',
            '**/metrics/event-anomalies?**': 'get_metrics_event-anomalies',
            '**/database/info': 'get_database_info.dynamodb',
            '**/repositories': 'get_repositories',
            '**/alerts?**': 'get_alerts',
            '**/alerts/rules': 'get_alerts_rules',
        };
        for (const [pattern, name] of Object.entries(answers)) await page.route(pattern, (route) => route.fulfill({ json: JSON.parse(example(name)) }));
        const shows = async (hash, ...texts) => {
            await page.goto(`${url}/${hash}`);
            await settled(page);
            for (const text of texts) expect((await page.getByText(text).count()) > 0, `${hash}, ${view}: does not show ${text}`);
            await axe(page, `${hash}, ${view}`, view === 'dark');
            if (shots) await page.screenshot({ path: `${shots}/state-${hash.replaceAll(/[^a-z]+/g, '')}-${view}.png`, fullPage: true });
        };
        await shows('#/', 'Amazon DynamoDB', '$0.029 in 2026-03');
        await shows('#/repositories', 'parked');
        await shows('#/repositories/octo-org/hello-world', 'feat(greet)!: greet by language', 'Star spike');
        await shows('#/alerts', 'hello-world is not well', 'resolved');
        await context.close();
    });
    await Promise.all(looks);
    const { context, page } = await open(browser, url, {});
    outage = true;
    const problem = { status: 503, contentType: 'application/problem+json', body: example('problem_database_unavailable') };
    await page.route('**/metrics/trending?**', (route) => route.fulfill(problem));
    await page.goto(`${url}/#/`);
    await page.locator('.failure button').waitFor({ timeout: patience });
    await axe(page, 'a failed card');
    if (shots) await page.screenshot({ path: `${shots}/state-failed.png`, fullPage: true });
    await page.unroute('**/metrics/trending?**');
    await page.locator('.failure button').click();
    await page.locator('.ranked').waitFor({ timeout: patience });
    outage = false;
    await context.close();
}

async function names_its_store(browser, url) {
    const { context, page } = await open(browser, url, {});
    await page.goto(`${url}/#/`);
    await settled(page);
    for (const text of ['Amazon DynamoDB', /\$[0-9.]+ in 20/]) expect((await page.getByText(text).count()) > 0, `the overview does not show ${text}`);
    await context.close();
}

async function behind_a_token(browser) {
    const server = await serve(program, 0, { API_TOKENS: 'read:open-sesame', DATABASE_PATH: `${folder}/empty.db` });
    const { context, page } = await open(browser, server.url, {});
    outage = true; // each 401 is an error to the browser's console
    await page.goto(`${server.url}/#/`);
    await page.getByText('This server asks for a token').waitFor({ timeout: patience });
    await axe(page, 'without a token');
    await page.goto(`${server.url}/#/settings`);
    await page.getByLabel("One of the server's API_TOKENS").fill('open-sesame');
    await page.getByRole('button', { name: 'Use it' }).click();
    await becomes(page, 'Live');
    outage = false;
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    await page.getByText('Nothing is stored yet').waitFor({ timeout: patience });
    await axe(page, 'an empty database');
    if (shots) await page.screenshot({ path: `${shots}/state-empty.png`, fullPage: true });
    await context.close();
    await server.stop();
}

// --- all of it -------------------------------------------------------------------------------------------------------

const begun = Date.now();
let server = await serve(program, 0);
const browser = await start_browser();
try {
    await every_page(browser, server.url);
    const after = await live_and_restart(browser, server);
    server = after.server;
    let bytes = 0;
    if (on_dynamodb) {
        await names_its_store(browser, server.url);
    } else { // what the store has no part in
        bytes = await first_visit(browser, server.url);
        await keyboard(browser, server.url);
        await other_states(browser, server.url);
        await behind_a_token(browser);
    }
    for (const complaint of complaints) console.log(`BAD ${complaint}`);
    const seconds = Math.round((Date.now() - begun) / 1000);
    console.log(
        `${on_dynamodb ? 'DynamoDB' : 'SQLite'}: ${Object.keys(pages).length} pages, ${Object.keys(views).join(', ')}; ` +
            (bytes ? `first visit ${bytes} bytes; ` : '') +
            `a webhook showed after ${after.delay} ms; ${complaints.length} complaints; ${seconds} s`,
    );
} finally {
    await browser.close();
    await server.stop();
}
process.exit(complaints.length === 0 ? 0 : 1);
