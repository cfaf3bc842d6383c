// Where the reader is: the part of the address behind '#', such as #/repositories/octo-org/hello-world?hours=168.
import { useEffect, useState } from 'preact/hooks';

export interface Place {
    path: string[];
    query: URLSearchParams;
}

export function place_of(hash: string): Place {
    const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
    return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

function decoded(segment: string): string {
    try {
        return decodeURIComponent(segment);
    } catch {
        return segment;
    }
}

export function usePlace(): Place {
    const [place, setPlace] = useState(() => place_of(location.hash));
    useEffect(() => {
        const moved = () => setPlace(place_of(location.hash));
        addEventListener('hashchange', moved);
        return () => removeEventListener('hashchange', moved);
    }, []);
    return place;
}

/** An address within the dashboard; parameters that are null are left out. */
export function link(path: string[], query: Record<string, string | number | null | undefined> = {}): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value != null && value !== '') parameters.set(name, String(value));
    const text = parameters.toString();
    return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

export function repo_link(repo: string, span?: Span): string {
    return link(['repositories', ...repo.split('/')], span ? chosen(span) : {});
}

export function go(path: string[], query: Record<string, string | number | null | undefined> = {}): void {
    location.hash = link(path, query);
}

/** The window that a page looks at. */
export interface Span {
    hours: number;
    until: string | null; // RFC 3339; null: now
    given: boolean; // whether the address names the hours, or they are the page's default
}

export function span_of(place: Place, fallback: number): Span {
    const hours = Number(place.query.get('hours'));
    const until = place.query.get('until');
    const given = Number.isInteger(hours) && hours >= 1 && hours <= 8760;
    return {
        hours: given ? hours : fallback,
        until: until && !Number.isNaN(Date.parse(until)) ? new Date(until).toISOString().replace(/\.\d+Z$/, 'Z') : null,
        given,
    };
}

/** What of the window goes along to other pages. */
export function chosen(span: Span): { hours?: number; until?: string } {
    return { ...(span.given && { hours: span.hours }), ...(span.until && { until: span.until }) };
}
