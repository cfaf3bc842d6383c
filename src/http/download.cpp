// download(): a URL into a file, whole or not at all.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <curl/curl.h>
#include <fmt/format.h>

#include "http/client.hpp"
#include "http/client_errors.hpp"

namespace gem::http {

namespace {

/// `<file>.part` while it is written; goes away unless it was put in place.
class PartFile {
  public:
    explicit PartFile(std::string target) : target_(std::move(target)), name_(target_ + ".part") {}
    ~PartFile() {
        if (file_ != nullptr) std::fclose(file_);
        std::error_code ignored;
        if (!placed_) std::filesystem::remove(name_, ignored);
    }
    PartFile(PartFile const&) = delete;
    PartFile& operator=(PartFile const&) = delete;

    Result<void> open() {
        if (file_ != nullptr) std::fclose(file_);
        file_ = std::fopen(name_.c_str(), "wb");
        size_ = 0;
        return file_ == nullptr ? problem("open") : Result<void>{};
    }

    bool write(std::string_view piece) {
        if (std::fwrite(piece.data(), 1, piece.size(), file_) != piece.size()) {
            write_error_ = errno;
            return false;
        }
        size_ += static_cast<std::int64_t>(piece.size());
        return true;
    }

    Result<std::int64_t> place() {
        auto* const file = std::exchange(file_, nullptr);
        if (std::fclose(file) != 0) return std::unexpected(problem("write").error());
        std::error_code error;
        std::filesystem::rename(name_, target_, error);
        if (error)
            return fail(ErrorCode::unavailable, fmt::format("cannot put {} in place: {}", target_, error.message()));
        placed_ = true;
        return size_;
    }

    /// Set when write() gave up.
    [[nodiscard]] std::optional<Error> write_error() const {
        if (write_error_ == 0) return std::nullopt;
        return fail(ErrorCode::unavailable, fmt::format("cannot write {}: {}", name_, std::strerror(write_error_)))
            .error();
    }

  private:
    [[nodiscard]] Result<void> problem(std::string_view what) const {
        return fail(ErrorCode::unavailable, fmt::format("cannot {} {}: {}", what, name_, std::strerror(errno)));
    }
    std::string target_;
    std::string name_;
    std::FILE* file_ = nullptr;
    std::int64_t size_ = 0;
    int write_error_ = 0;
    bool placed_ = false;
};

/// Where a redirect leads; nothing if it leads nowhere or from https to something else.
std::optional<std::string> redirected(std::string const& url, std::string const& location) {
    std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> const parts(curl_url(), curl_url_cleanup);
    if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return std::nullopt;
    if (curl_url_set(parts.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) return std::nullopt;
    char* text = nullptr;
    if (curl_url_get(parts.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) return std::nullopt;
    std::string target(text);
    curl_free(text);
    if (url.starts_with("https://") && !target.starts_with("https://")) return std::nullopt;
    return target;
}

} // namespace

Async<Result<std::int64_t>> download(HttpClient& client, std::string url, std::string file,
                                     std::chrono::milliseconds deadline) {
    PartFile part(std::move(file));
    auto const host = host_of(url);
    for (int hop = 0; hop < 4; ++hop) {
        if (auto opened = part.open(); !opened) co_return fail(opened.error());
        ClientRequest request;
        request.url = url;
        request.deadline = deadline;
        request.accept_gzip = false;
        request.max_body = std::size_t{1} << 20; // of an answer that is not the file
        request.body_sink = [&part](std::string_view piece) { return part.write(piece); };
        auto response = co_await client.send(std::move(request));
        if (auto error = part.write_error()) co_return fail(std::move(*error));
        if (!response) co_return fail(std::move(response.error()));
        auto const status = response->status;
        if (status == 200) co_return part.place();
        if (status == 404 || status == 410) co_return fail(ErrorCode::not_found, host + ": there is no such file");
        auto const location = response->header("location");
        if (status / 100 != 3 || !location) {
            co_return fail(ErrorCode::unavailable, fmt::format("{}: expected the file, got status {}", host, status));
        }
        auto next = redirected(url, std::string(*location));
        if (!next) co_return fail(ErrorCode::unavailable, host + ": redirects to where we do not follow");
        url = std::move(*next);
    }
    co_return fail(ErrorCode::unavailable, host + ": redirects more than three times");
}

} // namespace gem::http
