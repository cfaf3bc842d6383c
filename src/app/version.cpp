#include "app/version.hpp"

#include <CLI/Version.hpp>
#include <boost/version.hpp>
#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <toml++/toml.h>
#include <zstd.h>

namespace gem {

OrderedMap<std::string> version_parts() {
    return {
        {"github-events-monitor", GEM_VERSION},
        {"compiler", __VERSION__},
        {"boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
        {"cli11", CLI11_VERSION},
        {"curl", curl_version_info(CURLVERSION_NOW)->version},
        {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
        {"openssl", OpenSSL_version(OPENSSL_VERSION)},
        {"simdjson", fmt::format("{}.{}.{}", int(simdjson::SIMDJSON_VERSION_MAJOR),
                                 int(simdjson::SIMDJSON_VERSION_MINOR), int(simdjson::SIMDJSON_VERSION_REVISION))},
        {"sqlite", sqlite3_libversion()},
        {"toml++", fmt::format("{}.{}.{}", TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH)},
        {"zstd", ZSTD_versionString()},
    };
}

} // namespace gem
