// A program outside the tree that multiplies two 2 x 2 matrices.
#include <cstdint>
#include <cstdio>

#include "isoquant/isoquant.h"

int main() {
  const int8_t a[] = {1, 2,  //
                      3, -128};
  const int8_t b[] = {5, 6,  //
                      7, -128};
  int32_t c[4] = {};
  isoquant::Context context;
  const isoquant::Status status = isoquant::MatMul(context, isoquant::MatrixView<const int8_t>(a, 2, 2),
                                                   isoquant::KxN{{b, 2, 2}}, isoquant::MatrixView<int32_t>(c, 2, 2));
  if (!status.ok()) {
    std::printf("%s\n", status.ToString().c_str());
    return 1;
  }
  std::printf("%s: %d %d %d %d\n", context.tier(), c[0], c[1], c[2], c[3]);
  const bool right = c[0] == 19 && c[1] == -250 && c[2] == -881 && c[3] == 16402;
  return right ? 0 : 1;
}
