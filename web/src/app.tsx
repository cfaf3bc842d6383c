// The frame around every page: navigation, the state of the connection, the theme.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from './format.ts';
import { reconnect, useLive, type Line } from './live.ts';
import { Alerts } from './pages/alerts.tsx';
import { Compare } from './pages/compare.tsx';
import { LiveFeed } from './pages/live.tsx';
import { Overview } from './pages/overview.tsx';
import { Repository } from './pages/repository.tsx';
import { Repositories } from './pages/repositories.tsx';
import { Settings } from './pages/settings.tsx';
import { chosen, link, span_of, usePlace, type Place } from './router.ts';
import { useTheme, type Theme } from './theme.ts';

const pages: { path: string; name: string; show: (place: Place) => ComponentChildren }[] = [
    { path: '', name: 'Overview', show: (place) => <Overview place={place} /> },
    { path: 'repositories', name: 'Repositories', show: (place) => repository_page(place) },
    { path: 'compare', name: 'Compare', show: (place) => <Compare place={place} /> },
    { path: 'live', name: 'Live', show: (place) => <LiveFeed place={place} /> },
    { path: 'alerts', name: 'Alerts', show: (place) => <Alerts place={place} /> },
    { path: 'settings', name: 'Settings', show: () => <Settings /> },
];

function repository_page(place: Place): ComponentChildren {
    const [, owner, name] = place.path;
    if (owner && name) return <Repository key={`${owner}/${name}`} place={place} repo={`${owner}/${name}`} />;
    return <Repositories place={place} />;
}

const lines: Record<Line, string> = {
    connecting: 'Connecting',
    live: 'Live',
    reconnecting: 'Reconnecting',
    offline: 'Offline',
    refused: 'Not live',
};

function ConnectionState() {
    const { line, problem, stored } = useLive();
    return (
        <div class={`line ${line}`}>
            <span role="status">
                <i aria-hidden="true" />
                {lines[line]}
            </span>
            {line === 'live' && stored !== undefined && <small class="roomy">{count(stored)} events stored</small>}
            {line === 'refused' && (
                <button type="button" title={problem?.message} onClick={reconnect}>
                    Retry
                </button>
            )}
        </div>
    );
}

const theme_names: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' };

function ThemeSwitch() {
    const [theme, choose] = useTheme();
    return (
        <label class="theme">
            <span class="hidden">Theme</span>
            <select value={theme} onChange={(event) => choose(event.currentTarget.value as Theme)}>
                {Object.entries(theme_names).map(([value, name]) => (
                    <option key={value} value={value}>
                        {name}
                    </option>
                ))}
            </select>
        </label>
    );
}

/** A sentence across the page while the server is out of reach, so that nobody takes old figures for new ones. */
function ConnectionBanner() {
    const { line, problem } = useLive();
    const [late, setLate] = useState(false);
    const away = line === 'reconnecting' || line === 'offline';
    useEffect(() => {
        setLate(false);
        if (!away) return;
        const timer = setTimeout(() => setLate(true), 1500); // a restart that is over at once needs no words
        return () => clearTimeout(timer);
    }, [away]);
    if (line === 'refused' && problem?.status === 401)
        return (
            <p class="banner" role="alert">
                This server asks for a token. <a href="#/settings">Enter one in Settings.</a>
            </p>
        );
    if (!away || !late) return null;
    return (
        <p class="banner" role="alert">
            {line === 'offline'
                ? 'This device is offline. What you see is what was known before.'
                : 'The server is not answering; trying again. What you see is what was known before.'}
        </p>
    );
}

export function App() {
    const place = usePlace();
    const main = useRef<HTMLElement>(null);
    const page = pages.find((each) => each.path === (place.path[0] ?? ''));
    const address = place.path.join('/');
    const first = useRef(true);
    useEffect(() => {
        const named = address.split('/').slice(1).join('/') || page?.name || 'Not found';
        document.title = `${named} · GitHub Events Monitor`;
        if (!first.current) {
            main.current?.focus({ preventScroll: true });
            scrollTo(0, 0);
        }
        first.current = false;
    }, [address]);
    const span = chosen(span_of(place, 24));
    return (
        <>
            <a
                class="skip"
                href="#main"
                onClick={(event) => {
                    event.preventDefault();
                    main.current?.focus();
                }}
            >
                Skip to content
            </a>
            <header class="top">
                <a class="brand" href={link([], span)} aria-label="GitHub Events Monitor">
                    <svg viewBox="0 0 32 32" aria-hidden="true">
                        <rect width="32" height="32" rx="7" />
                        <path d="M6 18.5q0-1.5 1.5-1.5h1q1.5 0 1.5 1.5v6q0 1.5-1.5 1.5h-1q-1.5 0-1.5-1.5zM14 12.5q0-1.5 1.5-1.5h1q1.5 0 1.5 1.5v12q0 1.5-1.5 1.5h-1q-1.5 0-1.5-1.5zM22 7.5q0-1.5 1.5-1.5h1q1.5 0 1.5 1.5v17q0 1.5-1.5 1.5h-1q-1.5 0-1.5-1.5z" />
                    </svg>
                    <span>GitHub Events Monitor</span>
                </a>
                <nav aria-label="Pages">
                    {pages.map(({ path, name }) => (
                        <a key={path} href={link(path ? [path] : [], span)} aria-current={page?.path === path ? 'page' : undefined}>
                            {name}
                        </a>
                    ))}
                </nav>
                <ConnectionState />
                <ThemeSwitch />
            </header>
            <ConnectionBanner />
            <main id="main" tabIndex={-1} ref={main}>
                {page ? (
                    page.show(place)
                ) : (
                    <section class="card full">
                        <h1>There is no such page</h1>
                        <p>
                            Nothing is at <code>{address}</code>. <a href="#/">Go to the overview.</a>
                        </p>
                    </section>
                )}
            </main>
        </>
    );
}
