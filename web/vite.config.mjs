// How web/ becomes files: hashed names under assets/, nothing inlined (the Content-Security-Policy allows no inline code).
const paths = ['health', 'database', 'events', 'metrics', 'commits', 'comparison', 'repositories', 'alerts', 'collect'];

/** @type {import('vite').UserConfig} */
export default {
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
        target: 'es2022',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        license: { fileName: 'assets/licenses.txt' },
    },
    // For work on the pages: npm run dev, beside a server on port 8000.
    server: { proxy: Object.fromEntries(paths.map((path) => [`/${path}`, 'http://127.0.0.1:8000'])) },
};
