// Makes a C++ source (dashboard::assets(), src/dashboard/assets.hpp) out of the files that Vite wrote.
// Usage: node embed.mjs DIST OUTPUT
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const types = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain; charset=utf-8',
};
const [dist, output] = process.argv.slice(2);
const bytes_a_line = 40;

/** The bytes as an array of C++; arrays, unlike string literals, may be of any length. */
function array(name, bytes) {
    const lines = [];
    for (let i = 0; i < bytes.length; i += bytes_a_line) lines.push(`${[...bytes.subarray(i, i + bytes_a_line)].join(',')},`);
    return `constexpr unsigned char ${name}[] = {\n${lines.join('\n')}\n};\n`;
}

const names = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(dist.length).replace(/^\/*/, '/'))
    .sort();

let arrays = '';
let rows = '';
names.forEach((name, i) => {
    const type = types[extname(name)];
    if (!type) throw new Error(`${name}: what content type has this?`);
    const bytes = readFileSync(join(dist, name));
    const tag = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
    const hashed = /-[\w-]{8}\.\w+$/.test(name);
    arrays += array(`plain_${i}`, bytes) + array(`gzip_${i}`, gzipSync(bytes, { level: 9 }));
    rows += `    {.path = "${name === '/index.html' ? '/' : name}", .content_type = "${type}", .etag = "${tag}", .hashed_name = ${hashed}, `;
    rows += `.bytes = text(plain_${i}), .gzip = text(gzip_${i})},\n`;
});

writeFileSync(
    output,
    `// Made by web/embed.mjs of what Vite made of web/.
#include <array>

#include "dashboard/assets.hpp"

namespace gem::dashboard {

namespace {

${arrays}
template <std::size_t n>
std::string_view text(unsigned char const (&bytes)[n]) {
    return {reinterpret_cast<char const*>(bytes), n};
}

} // namespace

std::span<Asset const> assets() {
    static std::array<Asset, ${names.length}> const all{{
${rows}    }};
    return all;
}

} // namespace gem::dashboard
`,
);
