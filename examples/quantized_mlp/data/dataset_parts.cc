// Selects images of a data set, and splits a data set that is one file.
#include "data/dataset.h"
#include "support/random.h"

namespace quantized_mlp {
namespace {

constexpr uint64_t kSplitSeed = 1998;  // any value does, as long as it never changes

}  // namespace

Dataset Select(const Dataset& from, const size_t* begin, const size_t* end) {
  Dataset part;
  part.width = from.width;
  part.height = from.height;
  part.reading = from.reading;
  part.pixels.reserve(static_cast<size_t>(end - begin) * from.num_pixels());
  for (; begin != end; ++begin) {
    const float* const image = from.images().Row(*begin);
    part.pixels.insert(part.pixels.end(), image, image + from.num_pixels());
    if (!from.labels.empty()) part.labels.push_back(from.labels[*begin]);
  }
  return part;
}

Split SplitDataset(const Dataset& all) {
  const std::vector<size_t> order = Random(kSplitSeed).Permutation(all.size());
  const size_t* const middle = order.data() + all.size() * 4 / 5;
  Split split;
  split.train = Select(all, order.data(), middle);
  split.test = Select(all, middle, order.data() + order.size());
  return split;
}

}  // namespace quantized_mlp
