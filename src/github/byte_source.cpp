// Plain read(2): the kernel reads ahead on its own.
#include "github/byte_source.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace gem {

namespace {

class FileSource final : public ByteSource {
  public:
    FileSource(int descriptor, bool owned, std::optional<std::uint64_t> size)
        : descriptor_(descriptor), owned_(owned), size_(size) {}
    FileSource(FileSource const&) = delete;
    FileSource& operator=(FileSource const&) = delete;
    ~FileSource() override {
        if (owned_) ::close(descriptor_);
    }

    Result<std::size_t> read(char* out, std::size_t room) override {
        for (;;) {
            auto const count = ::read(descriptor_, out, room);
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno != EINTR)
                return fail(ErrorCode::unavailable, fmt::format("cannot read on: {}", std::strerror(errno)));
        }
    }

    [[nodiscard]] std::optional<std::uint64_t> size() const override { return size_; }
    [[nodiscard]] std::string version() const override { return size_ ? std::to_string(*size_) : std::string(); }

  private:
    int descriptor_;
    bool owned_;
    std::optional<std::uint64_t> size_;
};

class MemorySource final : public ByteSource {
  public:
    explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}

    Result<std::size_t> read(char* out, std::size_t room) override {
        auto const count = bytes_.copy(out, room, place_);
        place_ += count;
        return count;
    }

    [[nodiscard]] std::optional<std::uint64_t> size() const override { return bytes_.size(); }
    [[nodiscard]] std::string version() const override { return std::to_string(bytes_.size()); }

  private:
    std::string bytes_;
    std::size_t place_ = 0;
};

} // namespace

Result<std::unique_ptr<ByteSource>> open_file(std::string const& path) {
    bool const is_stdin = path == "-";
    int const descriptor = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        auto const code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::not_found : ErrorCode::unavailable;
        return fail(code, fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    }
    struct stat status{};
    std::optional<std::uint64_t> size;
    if (::fstat(descriptor, &status) == 0) {
        if (S_ISDIR(status.st_mode)) {
            if (!is_stdin) ::close(descriptor);
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{} is a directory: name the files in it, or use --dir", path));
        }
        if (S_ISREG(status.st_mode)) size = static_cast<std::uint64_t>(status.st_size);
    }
    return std::make_unique<FileSource>(descriptor, !is_stdin, size);
}

std::unique_ptr<ByteSource> bytes_in_memory(std::string bytes) {
    return std::make_unique<MemorySource>(std::move(bytes));
}

} // namespace gem
