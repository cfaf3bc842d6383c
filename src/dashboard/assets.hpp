// The files of web/, as Vite built them, inside the program.
#pragma once

#include <span>
#include <string_view>

namespace gem::dashboard {

struct Asset {
    std::string_view path; ///< as requested, `/` for the page itself
    std::string_view content_type;
    std::string_view etag;    ///< of `bytes`, without quotes
    bool hashed_name = false; ///< the name changes with the content, so that it may be kept for ever
    std::string_view bytes;
    std::string_view gzip; ///< `bytes` compressed
};

/// All of them; none in a program that was built without web/node_modules. Made at build time by web/embed.mjs.
std::span<Asset const> assets();

} // namespace gem::dashboard
