// Light, dark, or as the system says. The choice is kept in this browser.
import { useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';
const key = 'gem-theme';
const listeners = new Set<() => void>();

export function theme(): Theme {
    const kept = localStorage.getItem(key);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function apply_theme(): void {
    const chosen = theme();
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    for (const listener of listeners) listener();
}

/** Calls `listener` whenever the colours change, by choice or by the system. */
export function on_theme(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function useTheme(): [Theme, (chosen: Theme) => void] {
    const [now, setNow] = useState(theme);
    return [
        now,
        (chosen) => {
            if (chosen === 'system') localStorage.removeItem(key);
            else localStorage.setItem(key, chosen);
            setNow(chosen);
            apply_theme();
        },
    ];
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const listener of listeners) listener();
});
