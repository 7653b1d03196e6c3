// Support: what reports of tiers say of one product, and in words.
#ifndef ISOQUANT_SRC_TIER_REPORTS_H_
#define ISOQUANT_SRC_TIER_REPORTS_H_

#include <string>
#include <vector>

#include "isoquant/tiers.h"

namespace isoquant {

// Reports are best first, tiers of one target beside each other.
using TierReports = std::vector<TierReport>;

// Leaves out tiers that lack the product.
TierReports ReportsOf(const TierReports& all, const std::string& product);

// A tier leaves some shapes to a later one of the same target that has the product. Clears `shapes` where there is none
// that is usable: then the tier runs all.
void ClearShapesWithoutSubstitute(TierReports& reports);

// "avx2 runs; avx512_vnni does not: ...". Of reports of one product, of which there is at least one.
std::string Describe(const TierReports& reports);

// The same of all products. What is the same of several is said once, and which they are only if others differ.
std::string DescribeProducts(const TierReports& all, const std::vector<std::string>& products);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TIER_REPORTS_H_
