// ISA-L for gzip (twice as fast as zlib), libzstd for zstd.
#include "github/decoder.hpp"

#include <array>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

namespace gem {

namespace {

constexpr std::size_t input_block = std::size_t{128} << 10;

/// The input in blocks, with a look at its first bytes.
class Input {
  public:
    explicit Input(std::unique_ptr<ByteSource> source) : source_(std::move(source)), block_(input_block) {}

    /// Makes sure that something is there unless the input is at its end. False at the end.
    Result<bool> fill() {
        if (from_ < to_) return true;
        if (at_end_) return false;
        from_ = to_ = 0;
        auto const got = source_->read(block_.data(), block_.size());
        if (!got) return std::unexpected(got.error());
        to_ = *got;
        taken_ += *got;
        at_end_ = *got == 0;
        return !at_end_;
    }

    /// Gets the first `count` bytes together, if there are as many; for a look before anything was taken.
    Result<std::string_view> look(std::size_t count) {
        while (to_ < count && !at_end_) {
            auto const got = source_->read(block_.data() + to_, block_.size() - to_);
            if (!got) return std::unexpected(got.error());
            to_ += *got;
            taken_ += *got;
            at_end_ = *got == 0;
        }
        return rest();
    }

    [[nodiscard]] std::string_view rest() const { return {block_.data() + from_, to_ - from_}; }
    void skip(std::size_t count) { from_ += count; }
    [[nodiscard]] std::uint64_t taken() const { return taken_ - (to_ - from_); }

  private:
    std::unique_ptr<ByteSource> source_;
    std::vector<char> block_;
    std::size_t from_ = 0;
    std::size_t to_ = 0;
    std::uint64_t taken_ = 0;
    bool at_end_ = false;
};

class PlainDecoder final : public Decoder {
  public:
    explicit PlainDecoder(Input input) : input_(std::move(input)) {}

    Result<std::size_t> read(char* out, std::size_t room) override {
        auto const more = input_.fill();
        if (!more) return std::unexpected(more.error());
        auto const count = input_.rest().copy(out, room);
        input_.skip(count);
        return count;
    }

    [[nodiscard]] std::uint64_t input_bytes() const override { return input_.taken(); }

  private:
    Input input_;
};

class GzipDecoder final : public Decoder {
  public:
    explicit GzipDecoder(Input input) : input_(std::move(input)), state_(std::make_unique<inflate_state>()) {
        isal_inflate_init(state_.get());
        state_->crc_flag = ISAL_GZIP;
    }

    Result<std::size_t> read(char* out, std::size_t room) override {
        if (problem_) return fail(*problem_);
        std::size_t done = 0;
        while (done == 0 && !ended_) {
            auto const count = step(out, room);
            if (!count) return std::unexpected(count.error());
            done = *count;
        }
        return done;
    }

    [[nodiscard]] std::uint64_t input_bytes() const override { return input_.taken(); }

  private:
    Result<std::size_t> step(char* out, std::size_t room) {
        auto const more = input_.fill();
        if (!more) return std::unexpected(more.error());
        if (between_members_) {
            if (auto next = start_member(*more); !next) return std::unexpected(next.error());
            return 0;
        }
        auto const rest = input_.rest();
        state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(rest.data()));
        state_->avail_in = static_cast<std::uint32_t>(rest.size());
        state_->next_out = reinterpret_cast<std::uint8_t*>(out);
        state_->avail_out = static_cast<std::uint32_t>(room);
        int const status = isal_inflate(state_.get());
        input_.skip(rest.size() - state_->avail_in);
        std::size_t const produced = room - state_->avail_out;
        if (status < 0)
            remember(describe(status));
        else if (state_->block_state == ISAL_BLOCK_FINISH)
            between_members_ = true;
        else if (produced == 0 && !*more)
            remember("ends in the middle: the gzip data is cut off");
        if (produced == 0 && problem_) return fail(*problem_);
        return produced;
    }

    /// After a member: another one, the end, or something that does not belong there (zeros are padding).
    Result<void> start_member(bool more) {
        while (more && input_.rest().front() == '\0') {
            input_.skip(1);
            auto const filled = input_.fill();
            if (!filled) return std::unexpected(filled.error());
            more = *filled;
        }
        if (!more) {
            ended_ = true;
            return {};
        }
        if (input_.rest().front() != '\x1f') {
            remember("has bytes after the end of its gzip data that are not gzip");
            return fail(*problem_);
        }
        isal_inflate_reset(state_.get());
        state_->crc_flag = ISAL_GZIP;
        between_members_ = false;
        return {};
    }

    static std::string_view describe(int status) {
        switch (status) {
        case ISAL_INCORRECT_CHECKSUM:
            return "is damaged: the checksum of its gzip data is wrong";
        case ISAL_UNSUPPORTED_METHOD:
        case ISAL_INVALID_WRAPPER:
            return "is damaged: a gzip header is wrong";
        default:
            return "is damaged: its gzip data cannot be unpacked";
        }
    }

    void remember(std::string_view what) {
        problem_ =
            Error{.code = ErrorCode::corrupt, .message = fmt::format("{} (after {} bytes)", what, input_.taken())};
    }

    Input input_;
    std::unique_ptr<inflate_state> state_;
    bool between_members_ = false;
    bool ended_ = false;
    std::optional<Error> problem_;
};

class ZstdDecoder final : public Decoder {
  public:
    explicit ZstdDecoder(Input input) : input_(std::move(input)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {}

    Result<std::size_t> read(char* out, std::size_t room) override {
        for (;;) {
            auto const more = input_.fill();
            if (!more) return std::unexpected(more.error());
            auto const rest = input_.rest();
            ZSTD_inBuffer in{rest.data(), rest.size(), 0};
            ZSTD_outBuffer unpacked{out, room, 0};
            if (*more || !frame_done_) {
                auto const wanted = ZSTD_decompressStream(stream_.get(), &unpacked, &in);
                input_.skip(in.pos);
                if (ZSTD_isError(wanted) != 0U) return damaged(ZSTD_getErrorName(wanted));
                frame_done_ = wanted == 0;
            }
            if (unpacked.pos > 0) return unpacked.pos;
            if (!*more) {
                if (!frame_done_)
                    return fail(
                        ErrorCode::corrupt,
                        fmt::format("ends in the middle: the zstd data is cut off (after {} bytes)", input_.taken()));
                return 0;
            }
        }
    }

    [[nodiscard]] std::uint64_t input_bytes() const override { return input_.taken(); }

  private:
    [[nodiscard]] std::unexpected<Error> damaged(std::string_view why) const {
        return fail(ErrorCode::corrupt, fmt::format("is damaged: its zstd data cannot be unpacked: {} (after {} bytes)",
                                                    why, input_.taken()));
    }

    Input input_;
    std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
    bool frame_done_ = true;
};

bool is_html(std::string_view text) {
    std::string lower;
    for (char const c : text.substr(0, 512)) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return lower.find("<!doctype html") != std::string::npos || lower.find("<html") != std::string::npos;
}

} // namespace

Result<std::unique_ptr<Decoder>> make_decoder(std::unique_ptr<ByteSource> source) {
    Input input(std::move(source));
    auto const looked = input.look(1024);
    if (!looked) return std::unexpected(looked.error());
    auto start = *looked;
    if (start.empty()) return fail(ErrorCode::corrupt, "is empty");
    if (start.starts_with("\x1f\x8b")) return std::make_unique<GzipDecoder>(std::move(input));
    constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";
    bool const skippable = start.size() >= 4 && start.substr(1, 3) == "\x2a\x4d\x18" && (start[0] & '\xf0') == '\x50';
    if (start.starts_with(zstd_magic) || skippable) return std::make_unique<ZstdDecoder>(std::move(input));
    if (start.starts_with("\xef\xbb\xbf")) start.remove_prefix(3);
    auto const first = start.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || start[first] == '{' || start[first] == '[')
        return std::make_unique<PlainDecoder>(std::move(input));
    if (is_html(start))
        return fail(ErrorCode::corrupt, "is an HTML page, not an archive of events: the download was probably refused");
    std::string shown;
    for (char const c : start.substr(first, 16)) {
        if (c >= ' ' && c <= '~')
            shown += c;
        else
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return fail(ErrorCode::corrupt, fmt::format("is neither gzip nor zstd nor JSON: it starts with \"{}\"", shown));
}

} // namespace gem
