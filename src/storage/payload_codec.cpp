#include "storage/payload_codec.hpp"

#include <vector>

#include <zstd.h>

#include <fmt/format.h>

namespace gem {

namespace {

constexpr char form_plain = 0;
constexpr char form_zstd_1 = 1;
// Measured on real payloads with this dictionary: 18% larger than level 1 at 60% of its time (docs/BENCHMARKS.md).
constexpr int level = -1;

/// Digested once for the whole process, then only read.
ZSTD_CDict* compression_dictionary() {
    static ZSTD_CDict* const dictionary =
        ZSTD_createCDict(payload_dictionary_1().data(), payload_dictionary_1().size(), level);
    return dictionary;
}

ZSTD_DDict* restoring_dictionary() {
    static ZSTD_DDict* const dictionary =
        ZSTD_createDDict(payload_dictionary_1().data(), payload_dictionary_1().size());
    return dictionary;
}

} // namespace

struct PayloadCodec::State {
    ZSTD_CCtx* compressor = ZSTD_createCCtx();
    ZSTD_DCtx* restorer = ZSTD_createDCtx();
    std::vector<char> room; ///< kept from call to call: fresh room would be zeroed each time
    State() {
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 0);
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_dictIDFlag, 0);
        ZSTD_CCtx_refCDict(compressor, compression_dictionary());
        ZSTD_DCtx_refDDict(restorer, restoring_dictionary());
    }
    ~State() {
        ZSTD_freeCCtx(compressor);
        ZSTD_freeDCtx(restorer);
    }
    State(State const&) = delete;
    State& operator=(State const&) = delete;
};

PayloadCodec::PayloadCodec() : state_(std::make_unique<State>()) {}
PayloadCodec::~PayloadCodec() = default;

std::string PayloadCodec::compress(std::string_view payload) {
    auto& room = state_->room;
    if (auto const bound = 1 + ZSTD_compressBound(payload.size()); room.size() < bound) room.resize(bound);
    auto const size =
        ZSTD_compress2(state_->compressor, room.data() + 1, room.size() - 1, payload.data(), payload.size());
    if (ZSTD_isError(size) != 0 || size >= payload.size()) {
        std::string plain(1, form_plain);
        plain += payload;
        return plain;
    }
    room[0] = form_zstd_1;
    return {room.data(), 1 + size};
}

Result<std::string> PayloadCodec::restore(std::string_view stored) {
    if (stored.empty()) return fail(ErrorCode::corrupt, "a stored payload is empty");
    auto const body = stored.substr(1);
    if (stored.front() == form_plain) return std::string(body);
    if (stored.front() != form_zstd_1) {
        return fail(ErrorCode::corrupt,
                    fmt::format("a stored payload has the form {}, which this version does not know",
                                static_cast<int>(stored.front())));
    }
    auto const size = ZSTD_getFrameContentSize(body.data(), body.size());
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > max_payload)
        return fail(ErrorCode::corrupt, "a stored payload is damaged: its frame header is wrong");
    std::string payload(size, '\0');
    auto const restored =
        ZSTD_decompressDCtx(state_->restorer, payload.data(), payload.size(), body.data(), body.size());
    if (ZSTD_isError(restored) != 0 || restored != size)
        return fail(ErrorCode::corrupt, fmt::format("a stored payload is damaged: {}", ZSTD_getErrorName(restored)));
    return payload;
}

} // namespace gem
