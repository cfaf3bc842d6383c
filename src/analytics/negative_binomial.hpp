// Tails of the negative binomial distribution, for counts that vary more than Poisson's.
#pragma once

#include <cstdint>

namespace gem {

/// Counts with the given mean and variance > mean > 0: size r = mean² / (variance − mean), p = mean / variance.
class NegativeBinomial {
  public:
    NegativeBinomial(double mean, double variance);

    /// P(X = x)
    [[nodiscard]] double at(std::int64_t x) const;
    /// P(X ≥ x)
    [[nodiscard]] double at_least(std::int64_t x) const;
    /// P(X ≤ x)
    [[nodiscard]] double at_most(std::int64_t x) const;

  private:
    double size_;
    double p_;
};

} // namespace gem
