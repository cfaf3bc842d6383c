#include "analytics/negative_binomial.hpp"

#include <algorithm>
#include <cmath>

namespace gem {

namespace {

/// ln Γ(x), x > 0; unlike std::lgamma it writes no global sign.
double log_gamma(double x) {
    int sign = 0;
    return ::lgamma_r(x, &sign);
}

} // namespace

NegativeBinomial::NegativeBinomial(double mean, double variance)
    : size_(mean * mean / (variance - mean)), p_(mean / variance) {}

double NegativeBinomial::at(std::int64_t x) const {
    if (x < 0) return 0;
    auto const n = static_cast<double>(x);
    return std::exp(log_gamma(n + size_) - log_gamma(size_) - log_gamma(n + 1) + size_ * std::log(p_) +
                    n * std::log1p(-p_));
}

double NegativeBinomial::at_least(std::int64_t x) const {
    if (x <= 0) return 1;
    double const mean = size_ * (1 - p_) / p_;
    if (static_cast<double>(x) <= mean) return 1 - at_most(x - 1);
    double sum = 0;
    double term = at(x);
    // Beyond the mean each term is less than the one before; below a hundredth of an ulp of the sum nothing changes.
    for (auto n = static_cast<double>(x); term > sum * 1e-18 && term > 0; ++n) {
        sum += term;
        term *= (n + size_) / (n + 1) * (1 - p_);
    }
    return std::min(1.0, sum);
}

double NegativeBinomial::at_most(std::int64_t x) const {
    if (x < 0) return 0;
    double const mean = size_ * (1 - p_) / p_;
    if (static_cast<double>(x) > mean) return 1 - at_least(x + 1);
    double sum = 0;
    double term = at(x);
    for (auto n = static_cast<double>(x); n >= 0; --n) {
        sum += term;
        if (n == 0) break;
        term *= n / ((n - 1 + size_) * (1 - p_));
    }
    return std::min(1.0, sum);
}

} // namespace gem
