// Support: whether views overlap.
#include "src/check.h"

#include <algorithm>

namespace isoquant {
namespace {

// For two views with the same stride. One of them may be a single row; then the other one's stride counts.
//
// Let a begin first, and b `distance` bytes later. If that is within a's first row, they overlap. Otherwise they
// overlap only if some row u > 0 of a overlaps the first row of b: strides are equal, so that rows i of a and j of b
// lie as rows i - j and 0 do. Row u must end behind b's beginning, and begin before b's first row ends:
//   distance < u * stride + a.row_bytes   and   u * stride < distance + b.row_bytes.
bool OverlapWithOneStride(const Bytes& a, const Bytes& b) {
  if (b.begin < a.begin) return OverlapWithOneStride(b, a);
  const uintptr_t distance = b.begin - a.begin;
  if (distance < a.row_bytes) return true;
  if (a.rows == 1 || a.stride == 0) return false;
  const uintptr_t first = (distance - a.row_bytes) / a.stride + 1;
  const uintptr_t last = std::min<uintptr_t>((distance + b.row_bytes - 1) / a.stride, a.rows - 1);
  return first <= last;
}

}  // namespace

bool Overlap(const Bytes& a, const Bytes& b) {
  if (a.rows == 0 || a.row_bytes == 0 || b.rows == 0 || b.row_bytes == 0) return false;
  if (a.rows > b.rows) return Overlap(b, a);
  if (a.rows == 1 || a.stride == b.stride) return OverlapWithOneStride(a, b);
  Bytes row = a;
  row.rows = 1;
  for (size_t i = 0; i < a.rows; ++i, row.begin += a.stride) {
    if (OverlapWithOneStride(row, b)) return true;
  }
  return false;
}

}  // namespace isoquant
