// Support: the problems that this library solves, as products of element types.
#include "src/problems.h"

#include <algorithm>

#include "isoquant/tiers.h"

namespace isoquant {
namespace {

struct Types {
  ElementType a, b;
};

template <class... P>
std::vector<Types> TypesOf(ProblemList<P...>) {
  static_assert(sizeof...(P) <= 32, "bits of a set");
  return {{kElementType<typename P::A>, kElementType<typename P::B>}...};
}

}  // namespace

std::string ProductName(ElementType a, ElementType b) { return std::string(NameOf(a)) + " x " + NameOf(b); }

std::vector<std::string> ProductNames(uint32_t problems) {
  const std::vector<Types> types = TypesOf(Problems());
  std::vector<std::string> names;
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string name = ProductName(types[i].a, types[i].b);
    const bool is_new = std::find(names.begin(), names.end(), name) == names.end();
    if ((problems & ProblemBit(i)) != 0 && is_new) names.push_back(name);
  }
  return names;
}

std::vector<ProductReport> CompiledProducts() {
  std::vector<ProductReport> reports;
  for (const Types& types : TypesOf(Problems())) {
    const ProductReport report{ProductName(types.a, types.b), types.a, types.b};
    const auto has_name = [&](const ProductReport& other) { return other.name == report.name; };
    if (std::none_of(reports.begin(), reports.end(), has_name)) reports.push_back(report);
  }
  return reports;
}

}  // namespace isoquant
