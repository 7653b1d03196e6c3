#include "graph/attributes.h"

namespace isoquant_provider {
namespace {

const OrtOpAttr* Find(const Node& node, const char* name) {
  size_t count = 0;
  Check(Api().Node_GetNumAttributes(node.ort, &count));
  std::vector<const OrtOpAttr*> all(count);
  Check(Api().Node_GetAttributes(node.ort, all.data(), count));
  for (const OrtOpAttr* attribute : all) {
    const char* found = nullptr;
    if (attribute == nullptr) continue;
    Check(Api().OpAttr_GetName(attribute, &found));
    if (std::string(name) == found) return attribute;
  }
  return nullptr;
}

// An attribute of `count` elements of type T. The first call of ReadOpAttr fails where it only tells the size.
template <class T, class Container>
Container Read(const OrtOpAttr* attribute, OrtOpAttrType type) {
  size_t bytes = 0;
  OrtStatus* const size_only = Api().ReadOpAttr(attribute, type, nullptr, 0, &bytes);
  if (size_only != nullptr) Api().ReleaseStatus(size_only);
  Container data(bytes / sizeof(T), T());
  if (!data.empty()) Check(Api().ReadOpAttr(attribute, type, &data[0], bytes, &bytes));
  return data;
}

}  // namespace

int64_t IntOf(const Node& node, const char* name, int64_t otherwise) {
  const OrtOpAttr* const attribute = Find(node, name);
  size_t bytes = 0;
  if (attribute != nullptr) Check(Api().ReadOpAttr(attribute, ORT_OP_ATTR_INT, &otherwise, sizeof(otherwise), &bytes));
  return otherwise;
}

float FloatOf(const Node& node, const char* name, float otherwise) {
  const OrtOpAttr* const attribute = Find(node, name);
  size_t bytes = 0;
  if (attribute != nullptr) Check(Api().ReadOpAttr(attribute, ORT_OP_ATTR_FLOAT, &otherwise, sizeof(float), &bytes));
  return otherwise;
}

std::string StringOf(const Node& node, const char* name, const std::string& otherwise) {
  const OrtOpAttr* const attribute = Find(node, name);
  if (attribute == nullptr) return otherwise;
  const auto text = Read<char, std::string>(attribute, ORT_OP_ATTR_STRING);
  return text.c_str();  // without a terminating zero that the size may count
}

std::vector<int64_t> IntsOf(const Node& node, const char* name, const std::vector<int64_t>& otherwise) {
  const OrtOpAttr* const attribute = Find(node, name);
  return attribute == nullptr ? otherwise : Read<int64_t, std::vector<int64_t>>(attribute, ORT_OP_ATTR_INTS);
}

}  // namespace isoquant_provider
