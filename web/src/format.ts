// Numbers, times and names as people read them. Pure functions; unknown (null) is a dash, never 0.

/** Makes it when it is first asked for: a formatter takes milliseconds, and a page needs few of them at its start. */
export function once<T>(make: () => T): () => T {
    let made: T | undefined;
    return () => (made ??= make());
}

const numbers = (options: Intl.NumberFormatOptions) => once(() => new Intl.NumberFormat(undefined, options));
const whole = numbers({ maximumFractionDigits: 0 });
const tenth = numbers({ maximumFractionDigits: 1 });
const hundredth = numbers({ maximumFractionDigits: 2 });
const short = numbers({ notation: 'compact', maximumFractionDigits: 1 });
const dollars = numbers({ style: 'currency', currency: 'USD', maximumFractionDigits: 4 });
const day_and_time = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }));

export const unknown = '–';

export function count(value: number | null | undefined): string {
    return value == null ? unknown : whole().format(value);
}

export function compact(value: number | null | undefined): string {
    if (value == null) return unknown;
    return Math.abs(value) < 10_000 ? whole().format(value) : short().format(value);
}

export function score(value: number | null | undefined): string {
    return value == null ? unknown : tenth().format(value);
}

export function decimal(value: number | null | undefined): string {
    return value == null ? unknown : hundredth().format(value);
}

export function percent(share: number | null | undefined): string {
    return share == null ? unknown : `${tenth().format(share * 100)}%`;
}

export function usd(value: number | null | undefined): string {
    return value == null ? unknown : dollars().format(value);
}

export function bytes(value: number | null | undefined): string {
    if (value == null) return unknown;
    const units = ['B', 'KB', 'MB', 'GB', 'TB'];
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
        value /= 1000;
        ++unit;
    }
    return `${tenth().format(value)} ${units[unit]}`;
}

/** A length of time in its two largest units at most: `3 d 4 h`, `12 min`, `40 s`. */
export function duration(seconds: number | null | undefined): string {
    if (seconds == null) return unknown;
    const rounded = Math.round(Math.abs(seconds));
    if (rounded < 60) return `${rounded} s`;
    const minutes = Math.round(rounded / 60);
    if (minutes < 60) return `${minutes} min`;
    if (minutes < 24 * 60) return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
    const hours = Math.round(rounded / 3600);
    return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours / 24} d`;
}

/** In the reader's zone. */
export function local_time(iso: string): string {
    return day_and_time().format(new Date(iso));
}

/** For the tooltip: the same moment in UTC. */
export function utc_time(iso: string): string {
    return `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function ago(iso: string, now: number): string {
    const seconds = (now - Date.parse(iso)) / 1000;
    if (seconds < -5) return `in ${duration(seconds)}`;
    if (seconds < 5) return 'just now';
    return `${duration(seconds).split(' ').slice(0, 2).join(' ')} ago`;
}

/** `PullRequestReviewEvent` as `Pull request review`. */
export function type_name(type: string): string {
    const known: Record<string, string> = { WatchEvent: 'Star', GollumEvent: 'Wiki', PublicEvent: 'Made public' };
    const words = type.replace(/Event$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
    return known[type] ?? words.charAt(0) + words.slice(1).toLowerCase();
}

/** `snake_case` as words. */
export function words(key: string): string {
    const text = key.replaceAll('_', ' ');
    return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(n: number, one: string, many = `${one}s`): string {
    return `${count(n)} ${n === 1 ? one : many}`;
}

export function window_name(hours: number): string {
    if (hours === 1) return 'hour';
    return hours % 24 || hours === 24 ? `${hours} hours` : `${hours / 24} days`;
}

/** Where GitHub shows it. The parts come from stored data: each is escaped. */
export function github_url(...parts: string[]): string {
    return `https://github.com/${parts.flatMap((part) => part.split('/')).map(encodeURIComponent).join('/')}`;
}
