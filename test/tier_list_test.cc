// Tests of how the tiers of several problems become one list.
#include "src/tier_list.h"

#include <string>
#include <utility>
#include <vector>

#include "test/support.h"

namespace isoquant {
namespace {

const char* NoRefusal(const Cpu&) { return nullptr; }

using Names = std::vector<const char*>;

std::vector<Tier> TiersOf(int64_t target, uint32_t problem, const Names& names) {
  std::vector<Tier> tiers;
  for (const char* name : names) tiers.push_back({name, target, &NoRefusal, false, nullptr, problem});
  return tiers;
}

void Merge(int64_t target, uint32_t problem, const Names& names, TierList& list) {
  const std::vector<Tier> tiers = TiersOf(target, problem, names);
  MergeTiers(tiers.data(), tiers.size(), list);
}

// "name/target:problems ..."
std::string TextOf(const TierList& list) {
  std::string text;
  for (size_t i = 0; i < list.size; ++i) {
    const Tier& tier = list.tiers[i];
    text += (text.empty() ? "" : " ") + std::string(tier.name) + "/" + std::to_string(tier.target) + ":" +
            std::to_string(tier.problems);
  }
  return text;
}

std::string Merged(const std::vector<Names>& lists) {
  TierList list;
  uint32_t problem = 1;
  for (const Names& names : lists) {
    Merge(7, problem, names, list);
    problem *= 2;
  }
  return (list.is_in_order ? "" : "contradiction: ") + TextOf(list);
}

TEST_CASE("Tier list: equal lists are one, of all their problems") {
  CHECK(Merged({}).empty());
  CHECK(Merged({{}, {}}).empty());
  CHECK(Merged({{"avx2", "sse4"}}) == "avx2/7:1 sse4/7:1");
  CHECK(Merged({{"avx2", "sse4"}, {"avx2", "sse4"}, {}, {"avx2", "sse4"}}) == "avx2/7:11 sse4/7:11");
}

TEST_CASE("Tier list: lists that differ keep their orders") {
  CHECK(Merged({{"amx_int8", "avx512_vnni", "avx512bw"}, {"avx512bw"}}) == "amx_int8/7:1 avx512_vnni/7:1 avx512bw/7:3");
  CHECK(Merged({{"avx512bw"}, {"amx_int8", "avx512_vnni", "avx512bw"}}) == "amx_int8/7:2 avx512_vnni/7:2 avx512bw/7:3");
  CHECK(Merged({{"amx_int8", "avx2"}, {"avx_vnni", "avx2", "sse2"}, {"amx_int8", "sse4", "sse2"}}) ==
        "amx_int8/7:5 avx_vnni/7:2 avx2/7:3 sse4/7:4 sse2/7:6");
  // Names that the table lacks: as late as their own list allows.
  CHECK(Merged({{"amx_int8", "avx512_vnni", "avx512bw"}, {"new_bf16", "new_f32", "avx512bw"}, {"newest"}}) ==
        "amx_int8/7:1 avx512_vnni/7:1 new_bf16/7:2 new_f32/7:2 avx512bw/7:3 newest/7:4");
  CHECK(Merged({{"new_b"}, {"new_a"}}) == "new_b/7:1 new_a/7:2");
  // The list of one problem has the worse first, by the table of all names. Its order counts.
  CHECK(Merged({{"avx2"}, {"sse4", "avx_vnni", "avx2"}}) == "sse4/7:2 avx_vnni/7:2 avx2/7:3");
}

TEST_CASE("Tier list: between tiers of different lists the table of all names decides") {
  CHECK(Merged({{"avx2"}, {"avx_vnni"}, {"sse4"}, {"amx_int8"}}) == "amx_int8/7:8 avx_vnni/7:2 avx2/7:1 sse4/7:4");
  CHECK(Merged({{"avx2", "scalar"}, {"avx_vnni", "sse4", "scalar"}}) == "avx_vnni/7:2 avx2/7:1 sse4/7:2 scalar/7:3");
}

TEST_CASE("Tier list: tiers of the same name under two targets are two") {
  TierList list;
  Merge(7, 1, {"avx512_vnni", "avx512bw"}, list);
  Merge(7, 2, {"avx512bw"}, list);
  Merge(9, 1, {"avx512_vnni", "avx512bw"}, list);
  Merge(9, 2, {"amx_int8", "avx512bw"}, list);
  CHECK(TextOf(list) == "avx512_vnni/7:1 avx512bw/7:3 amx_int8/9:2 avx512_vnni/9:1 avx512bw/9:3");
  CHECK(list.is_in_order);
}

TEST_CASE("Tier list: orders that contradict each other are found") {
  CHECK(Merged({{"avx2", "sse4"}, {"sse4", "avx2"}}) == "contradiction: avx2/7:3 sse4/7:3");
  CHECK(Merged({{"avx2", "sse4"}, {"sse4", "sse2"}, {"sse2", "scalar", "avx2"}}) ==
        "contradiction: avx2/7:5 sse4/7:3 sse2/7:6 scalar/7:4");
}

TEST_CASE("Tier list: what finds no room is left out") {
  std::vector<std::string> texts;
  for (size_t i = 0; i <= TierList::kMax; ++i) texts.push_back("tier" + std::to_string(i));
  Names names;
  for (const std::string& text : texts) names.push_back(text.c_str());
  TierList list;
  Merge(7, 1, Names(names.begin(), names.end() - 1), list);
  CHECK(list.size == TierList::kMax);
  CHECK(list.is_in_order);
  Merge(7, 2, names, list);
  CHECK(list.size == TierList::kMax);
  CHECK(!list.is_in_order);
  for (size_t i = 0; i < list.size; ++i) {
    CHECK(list.tiers[i].name == texts[i]);
    CHECK(list.tiers[i].problems == 3);
  }
}

}  // namespace
}  // namespace isoquant
