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

// A tier leaves some shapes to a later tier of the same target that has the product. Where no such tier is usable, the
// tier runs all shapes: its `shapes` are cleared.
void ClearShapesWithoutSubstitute(TierReports& reports);

// "avx2 runs; avx512_vnni does not: ...". The reports are those of one product, and there is at least one.
std::string Describe(const TierReports& reports);

// The same for all products. Products with the same sentence share it. The first sentence is that of the first product;
// names of products stand before the others.
std::string DescribeProducts(const TierReports& all, const std::vector<std::string>& products);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TIER_REPORTS_H_
