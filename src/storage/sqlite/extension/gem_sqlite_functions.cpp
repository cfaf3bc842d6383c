// The loadable extension behind `db shell`: brings gem_payload() into SQLite's own shell.
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "storage/payload_codec.hpp"

namespace {

void gem_payload(sqlite3_context* context, int, sqlite3_value** values) {
    thread_local gem::PayloadCodec codec;
    auto const* const data = static_cast<char const*>(sqlite3_value_blob(values[0]));
    if (data == nullptr) return sqlite3_result_null(context);
    auto const payload = codec.restore({data, static_cast<std::size_t>(sqlite3_value_bytes(values[0]))});
    if (!payload) return sqlite3_result_null(context);
    sqlite3_result_text64(context, payload->data(), payload->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

} // namespace

extern "C" __attribute__((visibility("default"))) int sqlite3_gemsqlitefunctions_init(sqlite3* database, char**,
                                                                                      sqlite3_api_routines const* api) {
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_function_v2(database, "gem_payload", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                      gem_payload, nullptr, nullptr, nullptr);
}
