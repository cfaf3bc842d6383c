// Serves the dashboard's files, and hands everything else on.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string_view>

#include "dashboard/assets.hpp"
#include "http/message.hpp"

namespace gem::dashboard {

/// The files are open to everybody: they hold no data, and the page asks for a token where the API wants one. Without
/// files, and for every path and method that is not theirs, `others` answers. What it is given outlives it.
class Site final : public http::Service {
  public:
    explicit Site(http::Service& others, std::span<Asset const> files = assets());

    std::optional<http::Response> answer_now(http::Request const& request) override;
    Async<http::Response> answer(http::Request const& request) override;

  private:
    struct Forms {
        http::Response plain;
        http::Response gzip;
    };
    http::Service& others_;
    std::map<std::string_view, Forms, std::less<>> files_; ///< by path
};

} // namespace gem::dashboard
