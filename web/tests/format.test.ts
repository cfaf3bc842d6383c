// What people read: numbers, times, names; and what events say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../src/describe.ts';
import { ago, bytes, compact, count, duration, github_url, percent, type_name, utc_time, window_name } from '../src/format.ts';
import { place_of, span_of } from '../src/router.ts';
import { MessageReader } from '../src/sse.ts';

test('what is unknown is a dash and never 0', () => {
    for (const format of [count, compact, percent, duration, bytes]) {
        assert.equal(format(null), '–');
        assert.match(format(0), /^0/);
    }
});

test('a length of time has two units at most', () => {
    assert.equal(duration(40), '40 s');
    assert.equal(duration(59.6), '1 min');
    assert.equal(duration(3_600), '1 h');
    assert.equal(duration(3_599), '1 h');
    assert.equal(duration(27_000), '7 h 30 min');
    assert.equal(duration(86_399), '1 d');
    assert.equal(duration(3 * 86_400 + 4 * 3_600), '3 d 4 h');
});

test('a moment is told in UTC too, and how long ago it was', () => {
    assert.equal(utc_time('2026-03-02T10:00:07Z'), '2026-03-02 10:00:07 UTC');
    const now = Date.parse('2026-03-02T10:00:00Z');
    assert.equal(ago('2026-03-02T09:00:00Z', now), '1 h ago');
    assert.equal(ago('2026-03-02T10:05:00Z', now), 'in 5 min');
});

test('kinds of events have names', () => {
    assert.equal(type_name('PullRequestReviewEvent'), 'Pull request review');
    assert.equal(type_name('WatchEvent'), 'Star');
    assert.equal(type_name('SomethingNewEvent'), 'Something new');
    assert.equal(window_name(168), '7 days');
    assert.equal(window_name(24), '24 hours');
});

test('an address made of stored names leads to GitHub and nowhere else', () => {
    assert.equal(github_url('octo-org/hello world'), 'https://github.com/octo-org/hello%20world');
    assert.equal(github_url('a/b', 'releases', 'tag', '"><x>'), 'https://github.com/a/b/releases/tag/%22%3E%3Cx%3E');
});

test('an address behind # tells page and window, whatever stands in it', () => {
    assert.deepEqual(place_of('#/repositories/octo-org/hello-world?hours=6').path, ['repositories', 'octo-org', 'hello-world']);
    assert.deepEqual(place_of('#/%zz').path, ['%zz']);
    const span = (hash: string) => span_of(place_of(hash), 24);
    assert.deepEqual(span('#/?hours=6&until=2015-01-01T16:00:00Z'), { hours: 6, until: '2015-01-01T16:00:00Z', given: true });
    for (const hash of ['#/', '#/?hours=0', '#/?hours=8761', '#/?hours=x&until=never']) assert.deepEqual(span(hash), { hours: 24, until: null, given: false });
});

test('events say what happened, even when their payload is trimmed or odd', () => {
    const item = (type: string, payload: any) => ({ id: '1', type, payload, created_at: '', repo_name: 'a/b', actor_login: 'c', source: 'poll', is_public: true });
    assert.equal(describe(item('PushEvent', { ref: 'refs/heads/main' })), 'pushed to main');
    assert.equal(describe(item('PushEvent', { ref: 'refs/heads/main', size: 3, distinct_size: 1 })), 'pushed 1 commit to main');
    assert.equal(describe(item('PullRequestEvent', { action: 'merged', number: 7, pull_request: { number: 7 } })), 'merged pull request #7');
    assert.equal(describe(item('PullRequestEvent', { action: 'closed', number: 7, pull_request: { merged: true, title: 'T' } })), 'merged pull request #7: T');
    assert.equal(describe(item('PullRequestReviewEvent', { review: { state: 5 } })), 'reviewed pull request');
    assert.equal(describe(item('IssuesEvent', null)), 'changed issue');
    assert.equal(describe(item('BrandNewEvent', { a: 1 })), 'brand new');
});

test('server-sent events may come in any pieces', () => {
    const text = 'retry: 2000\n\nid: 1-2\nevent: event\ndata: {"a":\ndata: 1}\n\nevent: tick\r\ndata: {}\r\n\r\n';
    const expected = [
        { id: '1-2', event: 'event', data: '{"a":\n1}' },
        { id: undefined, event: 'tick', data: '{}' },
    ];
    for (let size = 1; size <= text.length; ++size) {
        const reader = new MessageReader();
        const read = [];
        for (let at = 0; at < text.length; at += size) read.push(...reader.read(text.slice(at, at + size)));
        assert.deepEqual(read, expected, `pieces of ${size}`);
    }
});
