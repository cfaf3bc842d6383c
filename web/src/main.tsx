// Starts the dashboard.
import { render } from 'preact';
import { App } from './app.tsx';
import { start_live } from './live.ts';
import { apply_theme } from './theme.ts';

apply_theme();
start_live();
render(<App />, document.getElementById('app')!);
