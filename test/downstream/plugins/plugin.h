// What host.cc asks of a plug-in.
#ifndef PLUGIN_H_
#define PLUGIN_H_

#include <cstddef>
#include <cstdint>

struct Description {
  bool ok;
  size_t tiers;  // that its library was compiled with: tells one library from another
  uint64_t digest;
};

extern "C" __attribute__((visibility("default"))) Description Describe();

#endif  // PLUGIN_H_
