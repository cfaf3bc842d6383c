#include "storage/transfer_stream.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zstd.h>

namespace gem {

namespace {

constexpr std::size_t longest_line = std::size_t{64} << 20;
constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";

} // namespace

// ---------------------------------------------------------------------------------------------------------------------

struct RunningSha256::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

RunningSha256::RunningSha256() : state_(std::make_unique<State>()) {
    EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr);
}

RunningSha256::~RunningSha256() = default;

void RunningSha256::add(std::string_view bytes) { EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()); }

std::string RunningSha256::value() const {
    State copy;
    EVP_MD_CTX_copy_ex(copy.context.get(), state_->context.get());
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_DigestFinal_ex(copy.context.get(), bytes.data(), &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes.at(i));
    return text;
}

// ---------------------------------------------------------------------------------------------------------------------

struct CompressingSink::State {
    ByteSink sink;
    std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> zstd{ZSTD_createCCtx(), ZSTD_freeCCtx};
    std::vector<char> out = std::vector<char>(ZSTD_CStreamOutSize());

    Result<void> run(std::string_view bytes, ZSTD_EndDirective end) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        for (;;) {
            ZSTD_outBuffer piece{out.data(), out.size(), 0};
            auto const left = ZSTD_compressStream2(zstd.get(), &piece, &in, end);
            if (ZSTD_isError(left) != 0)
                return fail(ErrorCode::internal, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
            if (piece.pos > 0) {
                if (auto written = sink({out.data(), piece.pos}); !written) return written;
            }
            if (end == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
        }
    }
};

CompressingSink::CompressingSink(ByteSink sink) : state_(std::make_unique<State>()) { state_->sink = std::move(sink); }
CompressingSink::~CompressingSink() = default;
Result<void> CompressingSink::write(std::string_view bytes) { return state_->run(bytes, ZSTD_e_continue); }
Result<void> CompressingSink::finish() { return state_->run({}, ZSTD_e_end); }

// ---------------------------------------------------------------------------------------------------------------------

struct LineFeed::State {
    ByteFeed feed;
    std::string buffer;
    std::size_t start = 0;    ///< of what was not handed out yet
    std::size_t searched = 0; ///< no newline before it
    bool began = false;
    bool ended = false;
    bool frame_open = false; ///< the last zstd frame is not whole yet
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> zstd{nullptr, ZSTD_freeDCtx};

    Result<void> more() {
        auto bytes = feed();
        if (!bytes) return fail(bytes.error());
        if (!began && !bytes->empty()) {
            while (bytes->size() < zstd_magic.size()) {
                auto const next = feed();
                if (!next) return fail(next.error());
                if (next->empty()) break;
                *bytes += *next;
            }
            began = true;
            if (bytes->starts_with(zstd_magic)) zstd.reset(ZSTD_createDCtx());
        }
        ended = bytes->empty();
        if (ended && frame_open) return fail(ErrorCode::corrupt, "the compressed stream is cut short");
        buffer.erase(0, start);
        searched -= start;
        start = 0;
        if (!zstd) {
            buffer += *bytes;
            return {};
        }
        return inflate(*bytes);
    }

    Result<void> inflate(std::string_view bytes) {
        std::vector<char> out(ZSTD_DStreamOutSize());
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        while (in.pos < in.size) {
            ZSTD_outBuffer piece{out.data(), out.size(), 0};
            auto const left = ZSTD_decompressStream(zstd.get(), &piece, &in);
            if (ZSTD_isError(left) != 0)
                return fail(ErrorCode::corrupt,
                            fmt::format("the compressed stream is damaged: {}", ZSTD_getErrorName(left)));
            frame_open = left != 0;
            buffer.append(out.data(), piece.pos);
        }
        // What the decoder still holds back.
        for (bool full = frame_open; full;) {
            ZSTD_outBuffer piece{out.data(), out.size(), 0};
            auto const left = ZSTD_decompressStream(zstd.get(), &piece, &in);
            if (ZSTD_isError(left) != 0)
                return fail(ErrorCode::corrupt,
                            fmt::format("the compressed stream is damaged: {}", ZSTD_getErrorName(left)));
            frame_open = left != 0;
            buffer.append(out.data(), piece.pos);
            full = piece.pos == piece.size;
        }
        return {};
    }
};

LineFeed::LineFeed(ByteFeed feed) : state_(std::make_unique<State>()) { state_->feed = std::move(feed); }
LineFeed::~LineFeed() = default;

Result<std::optional<std::string>> LineFeed::next() {
    auto& s = *state_;
    for (;;) {
        auto const end = s.buffer.find('\n', s.searched);
        if (end != std::string::npos) {
            auto line = s.buffer.substr(s.start, end - s.start);
            s.start = s.searched = end + 1;
            return std::optional(std::move(line));
        }
        s.searched = s.buffer.size();
        if (s.ended) {
            if (s.start < s.buffer.size()) return fail(ErrorCode::corrupt, "the stream ends in the middle of a line");
            return std::optional<std::string>();
        }
        if (s.buffer.size() - s.start > longest_line)
            return fail(ErrorCode::corrupt, "a line of more than 64 MiB: this is no export");
        if (auto more = s.more(); !more) return fail(more.error());
    }
}

} // namespace gem
