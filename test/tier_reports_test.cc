// Tests of what reports say of products whose tiers differ, with tiers that this library does not have.
#include "src/tier_reports.h"

#include <string>
#include <vector>

#include "test/support.h"

namespace isoquant {
namespace {

const std::string kS8 = "s8 x s8", kU8 = "u8 x s8", kBf16 = "bf16 x bf16", kF32 = "f32 x f32";

TierReport Usable(const std::string& name, const std::vector<std::string>& products, const std::string& shapes = "",
                  const std::string& target = "AVX3") {
  return {name, target, true, "", shapes, products};
}
TierReport Refused(const std::string& name, const std::vector<std::string>& products, const std::string& reason) {
  return {name, "AVX3", false, reason, "", products};
}

std::string NamesOf(const TierReports& reports) {
  std::string names;
  for (const TierReport& report : reports) names += (names.empty() ? "" : " ") + report.name;
  return names;
}

TEST_CASE("Tier reports: those of one product, in their order") {
  const TierReports all = {Usable("amx_bf16", {kBf16}), Usable("vnni", {kS8, kU8}), Usable("plain", {kS8, kU8, kF32})};
  CHECK(NamesOf(ReportsOf(all, kS8)) == "vnni plain");
  CHECK(NamesOf(ReportsOf(all, kBf16)) == "amx_bf16");
  CHECK(NamesOf(ReportsOf(all, kF32)) == "plain");
  CHECK(ReportsOf(all, "s4 x s8").empty());
}

TEST_CASE("Tier reports: shapes are left to a tier of the same target and product, if one is usable") {
  const auto shapes_of = [](TierReports reports) {
    ClearShapesWithoutSubstitute(reports);
    return reports[0].shapes;
  };
  const TierReport amx = Usable("amx", {kS8}, "from 5 rows on");
  CHECK(shapes_of({amx, Usable("vnni", {kU8, kS8})}) == "from 5 rows on");
  CHECK(shapes_of({amx, Refused("vnni", {kS8}, "absent"), Usable("plain", {kS8})}) == "from 5 rows on");
  CHECK(shapes_of({amx}).empty());
  CHECK(shapes_of({amx, Refused("vnni", {kS8}, "absent")}).empty());
  CHECK(shapes_of({amx, Usable("vnni", {kU8})}).empty());
  CHECK(shapes_of({amx, Usable("avx2", {kS8}, "", "AVX2")}).empty());
}

TEST_CASE("Tier reports: in words") {
  CHECK(Describe({Usable("a", {kS8})}) == "a runs");
  CHECK(Describe({Usable("a", {kS8}, "from 5 rows on"), Refused("b", {kS8}, "absent"), Usable("c", {kS8})}) ==
        "a runs from 5 rows on, c on smaller shapes");
  CHECK(Describe({Refused("a", {kS8}, "absent"), Refused("b", {kS8}, "capped"), Refused("c", {kS8}, "capped"),
                  Usable("d", {kS8}), Refused("e", {kS8}, "absent")}) ==
        "d runs; a does not: absent; b, c do not: capped");
  CHECK(Describe({Refused("a", {kS8}, "absent")}) == "no tier runs; a does not: absent");
}

TEST_CASE("Tier reports: products that differ have sentences of their own") {
  const TierReport vnni = Usable("vnni", {kS8, kU8}), plain = Usable("plain", {kS8, kU8, kBf16});
  CHECK(DescribeProducts({vnni, plain}, {kS8, kU8}) == "vnni runs");
  CHECK(DescribeProducts({vnni, plain}, {kS8, kBf16, kU8}) == "vnni runs. bf16 x bf16: plain runs");
  CHECK(DescribeProducts({Refused("amx_bf16", {kBf16}, "absent"), vnni, plain}, {kS8, kU8, kBf16}) ==
        "vnni runs. bf16 x bf16: plain runs; amx_bf16 does not: absent");
  // A tier leaves shapes of those products alone that another one has.
  const TierReport amx = Usable("amx", {kS8, kU8}, "from 5 rows on");
  CHECK(DescribeProducts({amx, Usable("signed", {kS8})}, {kS8, kU8}) ==
        "amx runs from 5 rows on, signed on smaller shapes. u8 x s8: amx runs");
}

}  // namespace
}  // namespace isoquant
